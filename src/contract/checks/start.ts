import type { Workbench } from '../workbench.js';
import { checksOf } from '../check.js';
import { idsLike } from '../ids.js';
import { differs, failed, notOffered, supported, type Verdict } from '../verdict.js';
import { brief, taken, type Answer } from '../wire.js';

const { check, required } = checksOf('start');

/** Settings, credentials and the session (wire protocol §2.1, §2.2). */
export const startChecks = [
  check('health', async ({ service, limits }) => supported((await service.healthCheck(limits)).status)),
  check('settings for clients', async ({ wire }) => {
    const answer = await wire.post('client/config', { sdk_version: '0.25.0' });
    return settingsOf(answer, 'defaults are taken');
  }),
  check('tokens instead of keys', tokens),
  check('settings that change', async ({ wire }) => {
    const answer = await wire.post('client/dynamic_config', { sdk_version: '0.25.0' });
    return settingsOf(answer, 'defaults are taken, and not asked for again');
  }),
  check('refuses a wrong key', async ({ wire }) => {
    const { status } = await wire.ask('GET', 'get_server_capabilities', undefined, 'tml-this-is-no-key');
    if (status === 401 || status === 403) return supported(String(status));
    return status === 200 ? differs('reads no credentials: keep the server inside your network') : failed(String(status));
  }),
  required('capabilities', async ({ service, limits, baseModel }) => {
    const { supportedModels } = await service.getServerCapabilities(limits);
    const name = await baseModel.get();
    const lengths = supportedModels.every(({ maxContextLength }) => maxContextLength !== undefined);
    return supported(`${supportedModels.length} base model(s), ${name} taken${lengths ? '' : '; no context length said'}`);
  }),
  required('session and heartbeat', async ({ wire }) => {
    const session = taken(await wire.post('create_session', { tags: ['contract'], user_metadata: {}, sdk_version: '0.25.0', type: 'create_session' }), 'create_session');
    const beat = await wire.post('session_heartbeat', { session_id: session['session_id'], type: 'session_heartbeat' });
    return beat.status === 200 ? supported(idsLike(String(session['session_id']))) : failed(`heartbeat: ${brief(beat)}`);
  }),
  check('heartbeat of no session', async ({ wire }) => {
    const { status } = await wire.post('session_heartbeat', { session_id: 'no-such-session', type: 'session_heartbeat' });
    return status >= 400 && status < 500 ? supported(String(status)) : differs(`${status}: an answered heartbeat does not prove that the session lives`);
  }),
];

function settingsOf(answer: Answer, otherwise: string): Verdict {
  if (answer.status === 404) return notOffered(`${brief(answer)}; ${otherwise}`);
  return supported(`${Object.keys(taken(answer, 'settings')).length} setting(s)`);
}

/** Everything by hand goes on with the token where the server wants one. */
async function tokens({ wire }: Workbench): Promise<Verdict> {
  const { body } = await wire.post('client/config', { sdk_version: '0.25.0' });
  const answer = await wire.post('auth/token', {});
  const { jwt } = answer.body;
  if (body['pjwt_auth_enabled'] !== true) return notOffered('the key is sent as it is');
  if (typeof jwt !== 'string') return failed(brief(answer));
  wire.use(jwt);
  return supported();
}
