import type { AttemptFailure } from '../types/attempt.js';
import { TinkerError } from '../types/errors.js';
import { readWhole, type TransportReply } from './transport.js';
import { toAbortSignal, type StopSignal } from '../types/stop.js';

/** Where an answer points instead of being one; undefined where it does not. */
export function redirectOf({ status, headers }: Pick<TransportReply, 'status' | 'headers'>): string | undefined {
  return status >= 300 && status < 400 ? (headers.get('location') ?? undefined) : undefined;
}

/**
 * A redirect that is not followed: some transports send the credential along, whoever is there. Of where
 * it points only the origin is told, for the rest may be signed.
 * @param asked the address that was asked
 */
export function fromRedirect(location: string, status: number, what: string, asked: string): AttemptFailure {
  const where = URL.canParse(location, asked) ? new URL(location, asked).origin : 'an address that is none';
  const error = new TinkerError(
    'http',
    `${what}: the server redirects to ${where} (${status}), and neither requests nor credentials are sent on. ` +
      'If the API is served there and you trust it, set the baseUrl option or TINKER_BASE_URL to its address',
    { status, retriable: false, category: 'user' },
  );
  return { error, verdict: 'definite', mayBeTaken: false, retryAfterMs: undefined, body: '' };
}

/** An answer from where another one points, asked for without any header of ours; what a refusal says there is dropped, for it may repeat the address. */
export async function fetchElsewhere(
  fetch: typeof globalThis.fetch,
  location: string,
  asked: string,
  signal: StopSignal | undefined,
): Promise<TransportReply> {
  const response = await fetch(new URL(location, asked), { headers: { Accept: 'application/json' }, ...(signal === undefined ? {} : { signal: toAbortSignal(signal) }) });
  const reply = await readWhole(response);
  return response.ok ? reply : { ...reply, bytes: new Uint8Array(0) };
}
