import { describe, expect, it } from '@jest/globals';
import { withLocalServer } from '../support/local-server.js';
import { notRun } from './support/not-run.js';
import { runPython } from './support/run-python.js';
import { planFile, planOf } from './support/twin.js';
import { sdks } from './support/versions.js';

const notFound = (detail: string): string => `NotFoundError: Error code: 404 - {'detail': '${detail}'}`;

describe.each(sdks)('SDK $version', (sdk) => {
  const area = 'calls of newer SDKs';
  if (sdk.version === '0.25.0') {
    notRun(sdk, area, 'this SDK has none of them');
    return;
  }
  describe(area, () => {
    it('are answered, or refused with what to do instead', () =>
      withLocalServer(async (server) => {
        const { lines } = await runPython(sdk, 'sdk_newest.py', { server, args: [await planFile(planOf('cross_entropy'))] });
        const predates = (what: string): string => `RuntimeError: ${what}; it may predate this feature`;
        expect(lines).toEqual([
          { what: 'save_weights_external', refused: notFound('External weights are not offered by this server. Save a state, and download its archive.') },
          // The refused call had a number, for which nothing waits.
          { what: 'training goes on', step: 1 },
          { what: 'copy_weights', refused: notFound('This server does not copy checkpoints. They can be loaded by their paths as long as they are there.') },
          { what: 'search_sessions', refused: notFound('This server does not search sessions. List them instead.') },
          { what: 'storage', count: 2, there: true },
          { what: 'cancelled' },
          { what: 'prompt_alt_tokens_k', refused: predates('prompt_alt_tokens_k=2 was requested but the server returned no prompt_alt_tokens') },
          { what: 'prompt_logprobs_last_n', refused: predates('prompt_logprobs_last_n=3 was requested but the server returned prompt logprobs before that suffix') },
          // These the SDK lets pass, with None in their place.
          { what: 'topk_sample_logprobs', refused: 'nothing was refused' },
          { what: 'target_prompt_logprobs', refused: 'nothing was refused' },
          { what: 'finished', session: expect.any(String) },
        ]);
        expect((await server.ledger()).requests).toMatchObject({ 'sessions/{session_id}/finish': 1, cancel_future: 1 });
      }));
  });
});
