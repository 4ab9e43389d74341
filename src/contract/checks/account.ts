import { checksOf } from '../check.js';
import { TinkerError } from '../../types/errors.js';
import { failed, notOffered, supported, unlessRefused } from '../verdict.js';
import { brief, isNoRoute } from '../wire.js';

const { check } = checksOf('account');

const hourMs = 3_600_000;

/** Who uses what (wire protocol §2.8, §8). */
export const accountChecks = [
  check('who the key belongs to', async ({ rest, limits }) => {
    try {
      await rest.whoami(limits);
      return supported();
    } catch (thrown) {
      if (thrown instanceof TinkerError && thrown.kind === 'validation') return notOffered('there are no tokens');
      throw thrown;
    }
  }),
  check('usage', async ({ rest, limits }) =>
    unlessRefused(async () => {
      const thisHour = Math.floor(Date.now() / hourMs) * hourMs;
      await rest.getBillingUsage({ startingOn: new Date(thisHour), endingBefore: new Date(thisHour + hourMs), ...limits });
      return supported();
    }),
  ),
  check('audit log', async ({ rest, limits }) =>
    unlessRefused(async () => {
      await rest.getAuditLog(limits);
      return supported();
    }),
  ),
  check('telemetry', async ({ wire, raw }) => {
    const { sessionId } = await raw.get();
    const event = {
      event: 'SESSION_START',
      event_id: '00000000-0000-4000-8000-000000000000',
      event_session_index: 0,
      severity: 'INFO',
      timestamp: new Date().toISOString(),
    };
    const answer = await wire.post('telemetry', { events: [event], platform: 'linux', sdk_version: '0.25.0', session_id: sessionId });
    if (isNoRoute(answer)) return notOffered(brief(answer));
    return answer.status < 300 ? supported() : failed(brief(answer));
  }),
];
