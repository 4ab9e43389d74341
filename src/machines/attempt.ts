import * as E from 'fp-ts/lib/Either.js';
import type { Ports } from './ports.js';
import type { AttemptEnd, AttemptInput } from './request-messages.js';
import type { AttemptFailure } from '../types/attempt.js';
import { toTinkerError } from '../types/errors.js';
import type { StopSignal } from '../types/stop.js';

/** The status of an answer that was good. */
const answered = 200;

/** Sends a request once. */
export async function attempt(ports: Ports, input: AttemptInput, signal: StopSignal): Promise<AttemptEnd> {
  const { work, environment, telemetry, inspection } = ports;
  const startedAt = environment.now();
  inspection?.attempting(input);
  work.noteAsked(input.key, 'attempts');
  const sent = await sendOnce(ports, input, signal);
  if (E.isRight(sent)) {
    const ms = environment.now() - startedAt;
    work.noteRoundTrip(input.key, input.part, ms);
    work.noteAnswer(input.key, answered);
    inspection?.attemptAnswered(input, sent.right, ms);
    return { kind: 'answered', requestId: sent.right };
  }
  const { error, verdict, mayBeTaken, retryAfterMs } = sent.left;
  work.noteAnswer(input.key, error.status);
  const elapsedMs = environment.now() - startedAt;
  const outcome = { kind: 'failed', error, verdict, mayBeTaken, retryAfterMs, elapsedMs, jitter: environment.random() } as const;
  if (signal.aborted) {
    inspection?.attemptUnanswered(input);
    return outcome;
  }
  telemetry?.attemptFailed(input, outcome);
  inspection?.attemptFailed(input, outcome);
  return outcome;
}

async function sendOnce(
  { work: table, inspection }: Ports,
  { part, seqId, retryCount, key }: AttemptInput,
  signal: StopSignal,
): Promise<E.Either<AttemptFailure, string | undefined>> {
  const work = table.get(key);
  try {
    if (work === undefined) throw new Error(`nothing is kept under ${key}`);
    if (inspection === undefined) return await work.send({ part, seqId, retryCount, signal });
    return await work.send({ part, seqId, retryCount, signal, headers: inspection.headersOf(key), onWritten: () => inspection.bodyWritten(key) });
  } catch (thrown) {
    // Only making the request can throw; nothing has been sent then.
    const error = toTinkerError(thrown, 'validation');
    return E.left({ error, verdict: 'definite', mayBeTaken: false, retryAfterMs: undefined, body: '' });
  }
}
