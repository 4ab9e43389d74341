import { runOnce } from './run-once.mjs';
import { rotated } from './statistics.mjs';

/**
 * Runs all cases: round after round, every client once in each, in a rotating order, each run in a fresh process.
 * A client that fails in a case is left out of it from then on, and the failure is told.
 * @param {readonly { name: string, rounds: number, scaleOf: (client: string) => number }[]} cases
 * @param {readonly import('./clients.mjs').Client[]} clients
 * @param {Awaited<ReturnType<typeof import('./stub.mjs').startStub>>} stub
 * @param {(run: { name: string, client: string, round: number }) => void} onRun called before each run
 * @returns {Promise<{ runs: Map<string, Map<string, import('./run-once.mjs').Run[]>>, failures: string[] }>} runs by case and client
 */
export async function measureAll(cases, clients, stub, onRun) {
  const all = new Map();
  const failures = [];
  for (const { name, rounds, scaleOf } of cases) {
    const runsOf = new Map(clients.map((client) => [client.name, []]));
    all.set(name, runsOf);
    for (let round = 0; round < rounds; round += 1) {
      for (const client of rotated(clients, round)) {
        onRun({ name, client: client.label, round: round + 1 });
        const made = runsOf.get(client.name);
        if (made === undefined) continue;
        try {
          made.push(await runOnce(client, name, stub, scaleOf(client.name)));
        } catch (error) {
          failures.push(`${name}: ${error.message}`);
          runsOf.delete(client.name);
        }
      }
    }
  }
  return { runs: all, failures };
}
