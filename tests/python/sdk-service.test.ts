import { describe, expect, it } from '@jest/globals';
import { withLocalServer } from '../support/local-server.js';
import { notRun } from './support/not-run.js';
import { runPython } from './support/run-python.js';
import { sdks } from './support/versions.js';

const offered = 'local/tiny, local/small, local/base';

describe.each(sdks)('SDK $version', (sdk) => {
  describe('service', () => {
    it('what is offered, what a model is, what is not there', () =>
      withLocalServer(async (server) => {
        const { lines } = await runPython(sdk, 'sdk_service.py', { server });
        expect(lines).toEqual([
          { models: [['local/tiny', 512], ['local/small', 1024], ['local/base', 512]] },
          { info: [expect.stringMatching(/^[0-9a-f-]{36}:train:0$/), 'local/tiny', true, 4] },
          { error: expect.any(String), message: expect.stringContaining(offered) },
        ]);
      }));

    it('telemetry, which the SDK sends unless it is turned off', () =>
      withLocalServer(async (server) => {
        await runPython(sdk, 'sdk_service.py', { server, env: { TINKER_TELEMETRY: '1' } });
        expect((await server.ledger()).requests['telemetry']).toBeGreaterThan(0);
      }));

    it('a key that is not the right one', () =>
      withLocalServer(async ({ url }) => {
        const running = runPython(sdk, 'sdk_service.py', { server: { url, apiKey: 'tml-another' } });
        await expect(running).rejects.toThrow('is not the one that this server was started with');
      }));

    notRun(sdk, 'get_tokenizer', 'the SDK takes tokenizers from the Hugging Face hub only');
  });
});
