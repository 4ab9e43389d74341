import { describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../soak/run.mjs', import.meta.url));
const Figures = t.type({
  simulated: t.type({ operations: t.number, verdicts: t.record(t.string, t.type({ flat: t.boolean })), afterClose: t.record(t.string, t.unknown) }),
});

/** What a short soak takes for growing of what is counted one by one: memory takes longer to settle. */
async function grows(...args: string[]): Promise<string[]> {
  const child = spawn(process.execPath, [program, '--operations', '400', '--hours', '0.2', '--sockets', '0', '--samples', '10', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [said] = await Promise.all([text(child.stdout), once(child, 'close')]);
  const figures = Figures.decode(JSON.parse(said));
  if (E.isLeft(figures)) throw new Error(`the soak said ${said}`);
  const { operations, verdicts } = figures.right.simulated;
  expect(operations).toBeGreaterThanOrEqual(400);
  return ['actors', 'signalListeners', 'timers', 'work', 'keepAlive', 'waiting', 'processListeners', 'fileHandles'].filter((name) => verdicts[name]?.flat === false);
}

describe('a soak', () => {
  it('finds nothing that grows in the client', async () => {
    expect(await grows()).toEqual([]);
  });

  it.each([
    ['actor', 'actors'],
    ['listener', 'signalListeners'],
    ['timer', 'timers'],
  ])('notices an %s too many for every operation', async (planted, counted) => {
    expect(await grows('--plant', planted)).toEqual([counted]);
  });
});
