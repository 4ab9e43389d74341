import { TinkerError, toTinkerError } from '../types/errors.js';

/** What became of a check. */
export type Outcome = 'supported' | 'notOffered' | 'differs' | 'failed' | 'notTried';

/** The outcome of a check, with what is worth knowing about it. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly detail: string;
}

/** It works as the protocol says. */
export function supported(detail = ''): Verdict {
  return { outcome: 'supported', detail };
}

/** It works, but not as the protocol says: what differs, and what this client makes of it. */
export function differs(detail: string): Verdict {
  return { outcome: 'differs', detail };
}

/** The server does not have it; the detail is its answer. */
export function notOffered(detail: string): Verdict {
  return { outcome: 'notOffered', detail };
}

/** It does not work. */
export function failed(detail: string): Verdict {
  return { outcome: 'failed', detail };
}

/** What a check needs could not be made; the check that makes it says why. */
export class Missing extends Error {}

/** What a check concludes from what was thrown in it. */
export function verdictOf(thrown: unknown): Verdict {
  if (thrown instanceof Missing) return { outcome: 'notTried', detail: `needs ${thrown.message}` };
  const error = toTinkerError(thrown);
  return isUnknownCall(error) ? notOffered(saying(error)) : failed(`${error.kind}: ${error.message}`);
}

/** For a call that a server may well refuse: every refusal in words means that it is not offered. */
export async function unlessRefused(check: () => Promise<Verdict>): Promise<Verdict> {
  try {
    return await check();
  } catch (thrown) {
    if (thrown instanceof TinkerError && isRefusal(thrown)) return notOffered(saying(thrown));
    throw thrown;
  }
}

/** Whether the server looked at a request and turned it down. */
export function isRefusal({ kind, status = 0 }: TinkerError): boolean {
  return kind === 'requestFailed' || (kind === 'http' && status >= 400 && status < 500 && status !== 401);
}

// An error of an operation begins with its name and number.
const operation = /^\w+-\d+ \([^)]*\): /;

/** An answer in few words, without the advice that the message of an error ends in. */
export function saying({ status, message }: TinkerError): string {
  const [, said = message.replace(operation, '')] = /the server answered \d+:? ?(.*)$/s.exec(message) ?? [];
  const words = said.replace(/\.? (This server does not offer this call|Nothing after it is sent until you decide).*$/s, '');
  return [status, words].filter((part) => part !== undefined && part !== '').join(' ');
}

function isUnknownCall({ status, message }: TinkerError): boolean {
  return (status === 404 || status === 405) && message.includes('does not offer this call');
}
