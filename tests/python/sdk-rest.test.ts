import { describe, expect, it } from '@jest/globals';
import * as t from 'io-ts';
import type { RestClient } from '../../src/index.js';
import { liveService } from '../support/live-training.js';
import { withLocalServer } from '../support/local-server.js';
import { runPython } from './support/run-python.js';
import { asPython } from './support/as-python.js';
import { planFile, planOf } from './support/twin.js';
import { sdks } from './support/versions.js';

const Names = t.type({ run: t.string, session: t.string, kept: t.string, sampled: t.string, day: t.string, window: t.tuple([t.string, t.string]) });
type Names = t.TypeOf<typeof Names>;

/** What newer SDKs fill in where the server says nothing, and the organization, which our client leaves in the token. */
const filledIn = ['event_details', 'optimizer_config', 'free', 'org_urn'];

/** The calls of `sdk_rest.py` that read, in its order. */
async function readWithOurs(rest: RestClient, { run, session, kept, day, window }: Names): Promise<object[]> {
  const { samplerIds } = await rest.getSession(session);
  const answers: readonly [string, unknown][] = [
    ['get_training_run', await rest.getTrainingRun(run)],
    ['get_training_run_by_tinker_path', await rest.getTrainingRunByTinkerPath(kept)],
    ['get_weights_info_by_tinker_path', await rest.getWeightsInfoByTinkerPath(kept)],
    ['list_training_runs', await rest.listTrainingRuns({ limit: 5, offset: 0, accessScope: 'accessible', projectId: 'a-project' })],
    ['list_checkpoints', await rest.listCheckpoints(run)],
    ['list_user_checkpoints', await rest.listUserCheckpoints({ limit: 3, offset: 1 })],
    ['get_session', { trainingRunIds: (await rest.getSession(session)).trainingRunIds, samplerIds }],
    ['list_sessions', await rest.listSessions({ limit: 5, offset: 0 })],
    ['get_sampler', await rest.getSampler(samplerIds[0] ?? '')],
    ['get_billing_usage', await rest.getBillingUsage({ startingOn: new Date(window[0]), endingBefore: new Date(window[1]) })],
    ['whoami', await rest.whoami()],
    ['get_audit_log', await rest.getAuditLog({ eventType: 'checkpoints', day })],
    ['get_audit_log', await rest.getAuditLog({ day })],
  ];
  return answers.map(([call, answer]) => ({ call, answer: asPython(answer, ['gigabyte_hours']) }));
}

describe.each(sdks)('SDK $version', (sdk) => {
  describe('RestClient', () => {
    it('every call answers what our client gets', () =>
      withLocalServer(
        async (server) => {
          const { lines } = await runPython(sdk, 'sdk_rest.py', { server, args: [await planFile(planOf('cross_entropy'))] });
          const [names, ...answers] = lines;
          if (!Names.is(names)) throw new Error('sdk_rest.py named nothing');
          const service = liveService(server);
          const ours = await readWithOurs(service.createRestClient(), names);
          await service.close();
          expect(answers.slice(0, ours.length).map((answer) => asPython(answer, filledIn))).toEqual(ours);
          expect(answers.slice(ours.length)).toEqual([
            { trace: true, awaited: true },
            ...(sdk.version === '0.25.0'
              ? [
                  { call: 'get_checkpoint_archive_url', answer: true },
                  { call: 'get_checkpoint_archive_url_from_tinker_path', answer: true },
                ]
              : []),
          ]);
        },
        { args: ['--jwt'] },
      ));
  });
});
