import type { Reply } from '../server/replies.js';
import { refusal } from '../server/replies.js';
import type { Random } from '../world/random.js';
import type { FaultPlan } from './fault-plan.js';
import type { RequestFault } from './fault-kinds.js';

/** What comes of an exchange: an answer, an error of the connection, or nothing at all. */
export type Ending = { readonly reply: Reply } | { readonly breaks: string } | 'silence';

/** What a fault does to a request and to its answer. */
export interface Effect {
  /** How often the request reaches the server. */
  readonly arrivals: 0 | 1 | 2;
  readonly lateMs: number;
  /** What the client gets in place of what the server said; said at once where the request never arrives. */
  readonly ending: (reply: Reply | undefined) => Ending;
  readonly answerLateMs: number;
}

const ok = { 'content-type': 'application/json' };
const asItIs = (reply: Reply | undefined): Ending => (reply === undefined ? 'silence' : { reply });
const none: Effect = { arrivals: 1, lateMs: 0, ending: asItIs, answerLateMs: 0 };

/** A request that nothing befalls. */
export const unharmed: Effect = none;

/** @param isPoll what stands between does not speak of failed operations as some servers do: by status 400 with a reason in JSON */
export function effectOf(fault: RequestFault, isPoll: boolean, random: Random, plan: FaultPlan): Effect {
  switch (fault) {
    case 'refused connection':
      return { ...none, arrivals: 0, ending: () => ({ breaks: 'ECONNREFUSED' }) };
    case 'reset before the body':
    case 'reset during the body':
      return { ...none, arrivals: 0, ending: () => ({ breaks: random.pick(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']) }) };
    case 'reset after the body':
    case 'answer cut off':
      return { ...none, ending: () => ({ breaks: random.pick(['ECONNRESET', 'UND_ERR_SOCKET']) }) };
    case 'answer dropped':
      return { ...none, ending: () => 'silence' };
    case 'stalled request':
      return { ...none, arrivals: 0, ending: () => 'silence' };
    case 'late request':
      return { ...none, lateMs: random.between(500, 120_000) };
    case 'request twice':
      return { ...none, arrivals: 2 };
    case 'slow answer':
      return { ...none, answerLateMs: random.between(500, 100_000) };
    case 'half an answer':
      return { ...none, ending: (reply) => mangled(reply, (body) => body.slice(0, Math.ceil(body.length / 2))) };
    case 'malformed JSON':
      return { ...none, ending: (reply) => mangled(reply, () => '{"request_id": tru') };
    case 'malformed JSON instead':
      return { ...none, arrivals: 0, ending: () => ({ reply: { status: 200, headers: ok, body: '<html>Sign in</html>' } }) };
    case 'malformed protobuf':
      return { ...none, ending: (reply) => mangled(reply, () => Uint8Array.of(10, 200, 1, 7)) };
    case 'empty answer':
      return { ...none, ending: (reply) => mangled(reply, () => '') };
    case 'answer of another shape':
      return { ...none, ending: (reply) => mangled(reply, () => '{"request_id":7,"type":"try_again","queue_state":7,"path":[]}') };
    case 'redirect':
      return { ...none, arrivals: 0, ending: () => ({ reply: { status: 302, headers: { location: 'http://elsewhere.test/' }, body: '' } }) };
    case '400 empty':
      return { ...none, arrivals: 0, ending: () => ({ reply: { status: 400, headers: { 'content-length': '0' }, body: '' } }) };
    default:
      return statusEffect(fault, isPoll, random, plan);
  }
}

function statusEffect(fault: string, isPoll: boolean, random: Random, plan: FaultPlan): Effect {
  const status = Number.parseInt(fault, 10);
  const headers = { ...retryHeaders(random, plan), ...shouldRetry(random, plan) };
  const inJson = random.chance(0.5) && !(isPoll && status === 400);
  const page = { status, headers: { 'content-type': 'text/html', ...headers }, body: `<html>${status}</html>` };
  const reply = inJson ? refusal(status, textOf(status), headers) : page;
  return { ...none, arrivals: fault.endsWith('after executing') ? 1 : 0, ending: () => ({ reply }) };
}

function textOf(status: number): string {
  return status === 404 ? 'Not Found' : `the simulated gateway says ${status}`;
}

function retryHeaders(random: Random, plan: FaultPlan): Readonly<Record<string, string>> {
  if (!random.chance(0.2)) return {};
  plan.count('Retry-After');
  const seconds = random.pick([0, 0.2, 1, 7, 30, 61, 100_000]);
  return random.pick([
    { 'retry-after': String(seconds) },
    { 'retry-after-ms': String(seconds * 1_000) },
    { 'retry-after': new Date(Date.now() + seconds * 1_000).toUTCString() },
    { 'retry-after': 'soon' },
  ]);
}

function shouldRetry(random: Random, plan: FaultPlan): Readonly<Record<string, string>> {
  if (!random.chance(0.06)) return {};
  plan.count('x-should-retry');
  return { 'x-should-retry': String(random.chance(0.5)) };
}

/** A server's answer of 2xx with another body; another answer stays as it is. */
function mangled(reply: Reply | undefined, change: (body: string | Uint8Array) => string | Uint8Array): Ending {
  if (reply === undefined) return 'silence';
  if (reply.status < 200 || reply.status > 299) return { reply };
  const body = change(reply.body);
  const type = typeof body === typeof reply.body ? reply.headers : { 'content-type': typeof body === 'string' ? 'application/json' : 'application/x-protobuf' };
  return { reply: { ...reply, headers: type, body } };
}

