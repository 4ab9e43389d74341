import { describe, expect, it } from '@jest/globals';
import { liveService } from '../support/live-training.js';
import { withLocalServer } from '../support/local-server.js';
import { notRun } from './support/not-run.js';
import { runPython } from './support/run-python.js';
import { customWithOurs, plannedDatum, planFile, planOf, trainWithOurs, type Plan } from './support/twin.js';
import { sdks, type Sdk } from './support/versions.js';

type Mode = 'in turn' | 'pipelined' | 'asyncio';

/** Both clients carry out the plan on the same server; gives the two results, and which requests the SDK made. */
async function both(sdk: Sdk, plan: Plan, mode: Mode, args: readonly string[] = []) {
  return await withLocalServer(
    async (server) => {
      const { lines } = await runPython(sdk, 'sdk_train.py', { server, args: [await planFile({ ...plan, mode })] });
      const { operations, requests } = await server.ledger();
      const service = liveService(server);
      const ours = await trainWithOurs(service, plan);
      await service.close();
      return { theirs: lines, ours: [{ model: expect.any(String), ...ours }], operations: operations.map(({ kind }) => kind), requests };
    },
    { args },
  );
}

const lessons = ['forward_backward', 'optim_step', 'forward_backward', 'optim_step', 'forward_backward', 'optim_step', 'forward'];

describe.each(sdks)('SDK $version', (sdk) => {
  describe('training: every number as with our client', () => {
    it.each<[string, Readonly<Record<string, number>> | null]>([
      ['cross_entropy', null],
      ['importance_sampling', null],
      ['ppo', { clip_low_threshold: 0.75, clip_high_threshold: 1.25 }],
      ['cispo', { clip_low_threshold: 0.75, clip_high_threshold: 1.25 }],
    ])('%s', async (loss, config) => {
      const { theirs, ours, operations } = await both(sdk, planOf(loss, { config }), 'in turn');
      expect(theirs).toEqual(ours);
      expect(operations).toEqual(['create_model', ...lessons]);
    });

    it.each<Mode>(['pipelined', 'asyncio'])('%s: 81 requests before any result is awaited', async (mode) => {
      const batches = Array.from({ length: 40 }, (_, step) => [plannedDatum('cross_entropy', step), plannedDatum('cross_entropy', step + 3, 24)]);
      const { theirs, ours, operations } = await both(sdk, planOf('cross_entropy', { batches }), mode);
      expect(theirs).toEqual(ours);
      expect(operations).toEqual(['create_model', ...batches.flatMap(() => ['forward_backward', 'optim_step']), 'forward']);
    });
  });

  describe('chunks: every number as with our client', () => {
    const settings = (config: object): string[] => ['--client-config', JSON.stringify(config)];
    it.each<[string, string[], number]>([
      ['sent side by side', settings({ fwdbwdMaxChunkLen: 3 }), 7],
      ['sent one after the other', settings({ fwdbwdMaxChunkLen: 3, parallelFwdbwdChunks: false }), 7],
      ['cut by their size', settings({ fwdbwdMaxChunkBytesCount: 1200 }), 5],
      ['compressed with zstd', settings({ fwdbwdMaxChunkLen: 3, protoCompressFwdbwd: true }), 7],
    ])('%s', async (_name, args, chunks) => {
      const batch = Array.from({ length: 20 }, (_, number) => plannedDatum('cross_entropy', number));
      const plan = planOf('cross_entropy', { batches: [batch, batch] });
      const { theirs, ours, operations } = await both(sdk, plan, 'pipelined', args);
      expect(theirs).toEqual(ours);
      const pass = Array.from({ length: chunks }, () => 'forward_backward');
      const forward = Array.from({ length: chunks }, () => 'forward');
      expect(operations).toEqual(['create_model', ...pass, 'optim_step', ...pass, 'optim_step', ...forward]);
    });
  });

  describe('servers of other kinds: every number as with our client', () => {
    it.each([
      ['tokens in exchange for the key', ['--jwt']],
      ['a load only at the start', ['--strict']],
    ])('%s', async (_name, args) => {
      const { theirs, ours } = await both(sdk, planOf('cross_entropy'), 'pipelined', args);
      expect(theirs).toEqual(ours);
    });

    it('JSON only: the SDK trains over protobuf alone, and says that this is not taken', async () => {
      const training = both(sdk, planOf('cross_entropy'), 'pipelined', ['--json-only']);
      await expect(training).rejects.toThrow('Error code: 415');
    });
  });

  if (sdk.torch === undefined) {
    notRun(sdk, 'forward_backward_custom', 'no torch; on Debian 12: apt-get install python3-torch python3-numpy');
    return;
  }
  const torch = { PYTHONPATH: sdk.torch };
  describe('forward_backward_custom', () => {
    it.each([
      ['in one request', []],
      ['in chunks', ['--client-config', '{"fwdbwdMaxChunkLen":3}']],
    ])('%s: every number as with our client', (_name, args) =>
      withLocalServer(
        async (server) => {
          const plan = planOf('cross_entropy');
          const { lines } = await runPython(sdk, 'sdk_custom_loss.py', { server, env: torch, args: [await planFile(plan)] });
          const service = liveService(server);
          expect(lines).toEqual([await customWithOurs(service, plan, sdk.version === '0.25.0' ? 'stand-in only' : 'both')]);
          await service.close();
        },
        { args },
      ),
    );
  });
});
