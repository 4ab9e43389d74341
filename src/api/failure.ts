import type { AttemptFailure } from '../types/attempt.js';
import { asSentence, messageOf, show, TinkerError } from '../types/errors.js';
import type { ReplyHeaders } from './transport.js';

/** The parts of an answer that decide what a failure means. */
export interface FailedReply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body: string;
}

const transientStatuses = new Set([408, 425, 429]);
const longestHintMs = 60_000;

/** Classifies an answer outside 2xx (wire protocol §1.8, §1.11, §3.6). */
export function fromReply(reply: FailedReply, what: string): AttemptFailure {
  const { status, headers, body } = reply;
  const text = serverText(body);
  const advice = adviceFor(status, text);
  const said = `the server answered ${status}${text === '' ? '' : `: ${text}`}`;
  const error = new TinkerError(
    status === 402 ? 'billing' : 'http',
    `${what}: ${advice === '' ? said : `${asSentence(said)} ${advice}`}`,
    { status, retriable: isTransient(reply), category: status < 500 && status !== 408 ? 'user' : 'server' },
  );
  return {
    error,
    verdict: status === 402 ? 'billing' : isTransient(reply) ? 'transient' : 'definite',
    // Every other refusal is said before a server begins with the request.
    mayBeTaken: status >= 500 || status === 408,
    retryAfterMs: readRetryAfter(headers),
    body,
  };
}

function isTransient({ status, headers, body }: FailedReply): boolean {
  const hint = headers.get('x-should-retry');
  if (hint === 'true') return true;
  if (hint === 'false') return false;
  // An empty 400 comes from a proxy on the way, not from the server (wire protocol §1.12).
  return transientStatuses.has(status) || status >= 500 || (status === 400 && body === '');
}

function adviceFor(status: number, text: string): string {
  // Frameworks say just that where there is no such endpoint; a missing thing is named.
  if (status === 405 || (status === 404 && text === 'Not Found')) return 'This server does not offer this call';
  if (status === 401) return 'Check the apiKey option or TINKER_API_KEY';
  if (status === 402) return 'Check the billing of this account; the request is repeated for a while';
  if (status === 403) return 'Check that this key has access to it';
  return '';
}

/** Classifies a thrown transport error: nothing, or nothing usable, came back. */
export function fromThrown(thrown: unknown, what: string, server = 'the server'): AttemptFailure {
  const code = errorCode(thrown);
  const reason = code ?? messageOf(thrown);
  return {
    error: new TinkerError('connection', `${what}: no answer from ${server} (${reason}). Is it running and reachable?`, {
      retriable: true,
      cause: thrown,
    }),
    verdict: 'transient',
    mayBeTaken: !neverArrived.has(code ?? ''),
    retryAfterMs: undefined,
    body: '',
  };
}

/** A 2xx answer that cannot be read: the server has probably taken the request. */
export function fromMalformed(error: TinkerError, what: string): AttemptFailure {
  return {
    error: error.with({}, `${what}: ${error.message}`),
    verdict: 'transient',
    mayBeTaken: true,
    retryAfterMs: undefined,
    body: '',
  };
}

// With these the connection never came about, so the server cannot have seen the request.
const neverArrived = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);
const deepestCause = 5;

/** The code of an error of Node's, which `fetch` hides in the cause of its own. */
export function errorCode(thrown: unknown): string | undefined {
  let at = thrown;
  for (let depth = 0; depth < deepestCause && typeof at === 'object' && at !== null; depth += 1) {
    if ('code' in at && typeof at.code === 'string') return at.code;
    at = 'cause' in at ? at.cause : undefined;
  }
  return undefined;
}

/** The pause that an answer asks for, when it is one that we follow: more than 0, at most a minute. */
export function readRetryAfter(headers: ReplyHeaders, now: () => number = Date.now): number | undefined {
  const asked = readNumber(headers.get('retry-after-ms')) ?? readSeconds(headers.get('retry-after') ?? '', now);
  return asked > 0 && asked <= longestHintMs ? asked : undefined;
}

function readSeconds(after: string, now: () => number): number {
  const seconds = readNumber(after);
  return seconds === undefined ? Date.parse(after) - now() : seconds * 1000;
}

function readNumber(text: string | null): number | undefined {
  return text !== null && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

const longestText = 300;

/**
 * What a server says about a failure, in any of the shapes in use: `{"error": text}`,
 * `{"detail": text}`, `{"detail": [{"loc", "msg"}]}`, or plain text. Empty when it says nothing.
 */
export function serverText(body: string): string {
  const text = textOf(parseJson(body)) ?? body.trim();
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}

function textOf(parsed: unknown): string | undefined {
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { error = null, detail = null }: { error?: unknown; detail?: unknown } = parsed;
  const said = error ?? detail;
  if (typeof said === 'string') return said;
  if (Array.isArray(said)) return said.map(issueText).join('; ');
  // A bare `{"error": null}` is a failure without a reason; any other object may hold one somewhere.
  return said === null && 'error' in parsed ? '' : undefined;
}

function issueText(issue: unknown): string {
  if (typeof issue !== 'object' || issue === null || !('msg' in issue)) return show(issue);
  const where = 'loc' in issue && Array.isArray(issue.loc) ? issue.loc.filter((part) => part !== 'body').map(plainText).join('.') : '';
  return where === '' ? plainText(issue.msg) : `${where}: ${plainText(issue.msg)}`;
}

/** Text and numbers as they are. An object could be one that turns into no text. */
function plainText(value: unknown): string {
  return typeof value === 'string' ? value : show(value);
}

/** The parsed body, or undefined when it is not JSON. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

