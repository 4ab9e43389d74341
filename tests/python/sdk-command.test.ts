import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RestClient, ServiceClient } from '../../src/index.js';
import { liveService } from '../support/live-training.js';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';
import { temporaryFolder } from '../support/temporary.js';
import { asPython } from './support/as-python.js';
import { tinkerCommand } from './support/tinker-command.js';
import { createOf, planOf } from './support/twin.js';
import { sdks } from './support/versions.js';

let server: ServerProcess;
let service: ServiceClient;
let rest: RestClient;
let run: string;
let spares = 0;
beforeAll(async () => {
  server = await startServerProcess({ args: ['--jwt'] });
  service = liveService(server);
  rest = service.createRestClient();
  const training = await createOf(service, planOf('cross_entropy'));
  run = training.modelId;
  await training.saveState('kept');
  await training.saveWeightsForSampler('sampled');
  for (const name of ['spare-1', 'spare-2', 'spare-3', 'spare-4']) await training.saveState(name);
});
afterAll(async () => {
  await service.close();
  await server.close();
});

const kept = (): string => `tinker://${run}/weights/kept`;
const stored = async (): Promise<unknown> => {
  const { checkpoints } = await rest.listCheckpoints(run);
  return checkpoints.find(({ tinkerPath }) => tinkerPath === kept());
};

/** What the command's JSON says, in the form of results. Its times stand with a blank in them. */
function said(answer: unknown): unknown {
  return asPython(JSON.parse(JSON.stringify(answer).replaceAll(/"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)/g, '"$1T$2')));
}

describe.each(sdks)('SDK $version', (sdk) => {
  describe('the command tinker', () => {
    it('version', async () => {
      const tinker = tinkerCommand(sdk, server, await temporaryFolder());
      expect(await tinker('version')).toEqual({ code: 0, stdout: `tinker ${sdk.version}\n`, stderr: '' });
    });

    it('run list, run info', async () => {
      const tinker = tinkerCommand(sdk, server, await temporaryFolder());
      const { trainingRuns } = await rest.listTrainingRuns();
      expect(said(await tinker.json('run', 'list'))).toMatchObject({ runs: asPython(trainingRuns) });
      expect(said(await tinker.json('run', 'info', run))).toEqual(asPython(await rest.getTrainingRun(run)));
      const { code, stdout } = await tinker('run', 'list', '--columns', 'id,lora,status');
      expect([code, stdout]).toEqual([0, expect.stringContaining(run)]);
      expect((await tinker('run', 'info', 'no-such-run')).code).not.toBe(0);
    });

    it('checkpoint list, checkpoint info', async () => {
      const tinker = tinkerCommand(sdk, server, await temporaryFolder());
      const { checkpoints } = await rest.listCheckpoints(run);
      expect(said(await tinker.json('checkpoint', 'list', '--run-id', run))).toMatchObject({ checkpoints: asPython(checkpoints) });
      expect(said(await tinker.json('checkpoint', 'list', '--limit', '0'))).toMatchObject({ checkpoints: asPython(checkpoints) });
      expect([said(await tinker.json('checkpoint', 'info', kept()))]).toMatchObject([asPython(await stored())]);
    });

    it('checkpoint publish, unpublish, set-ttl', async () => {
      const tinker = tinkerCommand(sdk, server, await temporaryFolder());
      expect((await tinker('checkpoint', 'publish', kept())).code).toBe(0);
      expect(await stored()).toMatchObject({ public: true });
      expect((await tinker('checkpoint', 'unpublish', kept())).code).toBe(0);
      expect(await stored()).toMatchObject({ public: false });
      expect((await tinker('checkpoint', 'set-ttl', kept(), '--ttl', '7200')).code).toBe(0);
      expect(await stored()).toMatchObject({ expiresAt: expect.any(Date) });
      expect((await tinker('checkpoint', 'set-ttl', kept(), '--remove')).code).toBe(0);
      expect(await stored()).not.toHaveProperty('expiresAt');
    });

    it('checkpoint delete', async () => {
      const tinker = tinkerCommand(sdk, server, await temporaryFolder());
      const paths = [(spares += 1), (spares += 1)].map((number) => `tinker://${run}/weights/spare-${number}`);
      expect(await tinker.json('checkpoint', 'delete', '--yes', ...paths)).toEqual({ deleted_count: 2, failed: [] });
      const { checkpoints } = await rest.listCheckpoints(run);
      expect(checkpoints.map(({ tinkerPath }) => tinkerPath)).not.toEqual(expect.arrayContaining([paths[0]]));
      expect((await tinker('checkpoint', 'delete', '--yes', ...paths)).stdout).toContain('Failed to delete 2 checkpoint(s)');
    });

    it('checkpoint download', async () => {
      const folder = await temporaryFolder();
      const tinker = tinkerCommand(sdk, server, folder);
      const { code, stderr } = await tinker('checkpoint', 'download', kept(), '--output', folder);
      if (sdk.version !== '0.25.0') {
        // Newer commands have the server save external weights first.
        expect([code, stderr]).toEqual([1, expect.stringContaining('External weights are not offered by this server.')]);
        return;
      }
      expect(code).toBe(0);
      const [target] = (await readdir(folder)).filter((name) => name.includes('kept'));
      const files = await readdir(join(folder, target ?? ''));
      expect(files).toEqual(expect.arrayContaining(['adapter_config.json', 'adapter_model.safetensors']));
    });

    it('session export-trace', async () => {
      const folder = await temporaryFolder();
      const tinker = tinkerCommand(sdk, server, folder);
      const [session = ''] = run.split(':');
      expect(await tinker.json('session', 'export-trace', session, '--output', join(folder, 'trace'))).toMatchObject({ session_id: session });
      expect(await readFile(join(folder, 'trace'), 'utf8')).toContain('traceEvents');
    });

    it('billing usage', async () => {
      const tinker = tinkerCommand(sdk, server, await temporaryFolder());
      const hour = 3_600_000;
      const from = new Date(Math.floor(Date.now() / hour - 1) * hour);
      const to = new Date(from.getTime() + 3 * hour);
      const { data } = await rest.getBillingUsage({ startingOn: from, endingBefore: to });
      const told = await tinker.json('billing', 'usage', from.toISOString(), to.toISOString());
      expect(asPython(told, ['gigabyte_hours', 'free'])).toMatchObject({ data: asPython(data, ['gigabyte_hours']) });
    });

    if (sdk.version === '0.25.0') return;
    it('model list, auth status, auth whoami', async () => {
      const tinker = tinkerCommand(sdk, server, await temporaryFolder());
      expect(said(await tinker.json('model', 'list'))).toMatchObject({
        models: [{ model_name: 'local/tiny' }, { model_name: 'local/small' }, { model_name: 'local/base' }],
      });
      expect((await tinker('auth', 'status')).stdout).toBe('Credentials available: yes\nTinker accessible: yes\n');
      expect([said(await tinker.json('auth', 'whoami'))]).toMatchObject([asPython(await rest.whoami())]);
    });
  });
});
