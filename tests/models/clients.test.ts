import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { ClientBench } from './client-bench.js';
import { anyCommands } from './commands.js';
import { count, settings } from './settings.js';

describe('the clients, whatever a program, its user, the network and the server do', () => {
  it('number without gap or repeat, send one operation at a time in the order of the calls, settle every call, and leave nothing behind', async () => {
    const seen = { sequences: 0, calls: 0, requests: 0, executed: 0, done: 0, failed: {} as Record<string, number> };
    const property = fc.asyncProperty(anyCommands(settings.replayPath), fc.boolean(), async (commands, isRetry) => {
      const bench = new ClientBench();
      await bench.begin();
      try {
        await fc.asyncModelRun(() => ({ model: {}, real: bench }), commands);
        await bench.finish(isRetry);
      } finally {
        await bench.close();
      }
      seen.sequences += 1;
      seen.calls += bench.calls.length;
      seen.requests += bench.server.submitted;
      seen.executed += bench.server.executed.length;
      for (const end of bench.ends.values()) {
        if ('error' in end) seen.failed[end.error.kind] = (seen.failed[end.error.kind] ?? 0) + 1;
        else seen.done += 1;
      }
    });
    const { runs, seed, path } = settings;
    await fc.assert(property, { numRuns: runs, seed, path, endOnFailure: path !== '' });
    count('clients', seen);
    expect(seen.done).toBeGreaterThan(0);
  });
});
