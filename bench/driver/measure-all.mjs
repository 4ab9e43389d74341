import { runOnce } from './run-once.mjs';
import { rotated } from './statistics.mjs';

/**
 * Runs all cases: round after round, every client once in each, in a rotating order, each run in a fresh process.
 * @param {readonly { name: string, rounds: number, scaleOf: (client: string) => number }[]} cases
 * @param {readonly import('./clients.mjs').Client[]} clients
 * @param {Awaited<ReturnType<typeof import('./stub.mjs').startStub>>} stub
 * @param {(done: { name: string, client: string, round: number }) => void} onRun called before each run
 * @returns {Promise<Map<string, Map<string, import('./run-once.mjs').Run[]>>>} runs by case and client
 */
export async function measureAll(cases, clients, stub, onRun) {
  const all = new Map();
  for (const { name, rounds, scaleOf } of cases) {
    const able = clients.filter(({ cases: only }) => only === undefined || only.includes(name));
    const runsOf = new Map(able.map((client) => [client.name, []]));
    all.set(name, runsOf);
    for (let round = 0; round < rounds; round += 1) {
      for (const client of rotated(able, round)) {
        onRun({ name, client: client.label, round: round + 1 });
        runsOf.get(client.name).push(await runOnce(client, name, stub, scaleOf(client.name)));
      }
    }
  }
  return all;
}
