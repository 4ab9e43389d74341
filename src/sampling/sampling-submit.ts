import * as E from 'fp-ts/lib/Either.js';
import { attempt } from '../machines/attempt.js';
import type { Ports } from '../machines/ports.js';
import { afterFailure, failureOf, hasTimeLeft, noReceipt, timedOut, unsent, type RequestContext } from '../machines/request-context.js';
import type { FailedAttempt, RequestPolicy } from '../machines/request-messages.js';
import type { PushBack, SamplingGate } from './sampling-gate.js';
import { limited, sleep } from './abortable.js';
import type { TinkerError } from '../types/errors.js';
import type { StopSignal } from '../types/stop.js';

/** What one number's way to the server needs. */
export interface Submission {
  readonly ports: Ports;
  readonly gate: SamplingGate;
  readonly policy: RequestPolicy;
  /** Under which the request is kept. */
  readonly key: string;
  readonly seqId: number;
  /** Estimated bytes of its prompt. */
  readonly bytes: number;
  readonly onSending: () => void;
  readonly onQueueState: (queueState: string | undefined, reason: string | undefined) => void;
}

/** The state of a call whose request the server has pushed back. */
export const pushedBack = 'paused_backpressure';

// Made once: an error takes as long as all else that a sample needs here.
const withoutReceipt = noReceipt();

const largePromptBytes = 131_072;
const pauseMs = 1_000;
const largePromptPauseMs = 5_000;

/**
 * Sends a sample's request until the server has answered definitely, and gives the id of the result. That
 * the server pushes back, or that the account is blocked, is no failure: the same request goes out again
 * once the gate says so (wire protocol §3.8).
 * @throws TinkerError the signal's reason
 */
export async function submitSample(submission: Submission, signal: StopSignal): Promise<E.Either<TinkerError, string>> {
  const { gate, key, bytes } = submission;
  const pass = await gate.enter(key, bytes, signal);
  let accepted = false;
  try {
    submission.onSending();
    const outcome = await sendUntilDecided(submission, signal);
    accepted = E.isRight(outcome);
    return outcome;
  } finally {
    pass.leave(accepted);
  }
}

async function sendUntilDecided(submission: Submission, signal: StopSignal): Promise<E.Either<TinkerError, string>> {
  const { ports, gate, policy, key, seqId, onQueueState } = submission;
  const { clock } = ports.environment;
  let request = unsent({ key, part: 0, kind: 'sample', seqId, policy }, 1);
  for (;;) {
    const outcome = await sendOnce(ports, request, signal);
    if (outcome.kind === 'answered') return E.fromNullable(withoutReceipt)(outcome.requestId);
    const pushBack = pushBackOf(submission, outcome);
    if (pushBack !== undefined) {
      const { billingSince = pushBack.at } = gate.tell(pushBack);
      const isBilled = pushBack.type === 'dispatch.billed';
      if (isBilled && pushBack.at - billingSince >= policy.billingDeadlineMs) return E.left(failureOf(request, outcome));
      onQueueState(isBilled ? 'paused_billing' : pushedBack, outcome.error.message);
      await gate.pause(signal);
      onQueueState(undefined, undefined);
      request = { ...request, attempts: request.attempts + 1 };
      continue;
    }
    const before = request;
    request = { ...request, ...afterFailure(request, outcome) };
    if (outcome.verdict !== 'transient' || !hasTimeLeft(request)) return E.left(failureOf(before, outcome));
    await sleep(clock, request.pauseMs, signal);
    request = { ...request, spentMs: request.spentMs + request.pauseMs, attempts: request.attempts + 1 };
  }
}

function sendOnce(ports: Ports, request: RequestContext, signal: StopSignal) {
  const { key, part, kind, seqId, attempts, policy } = request;
  const input = { key, part, kind, seqId, retryCount: attempts - 1 };
  const { clock } = ports.environment;
  return limited(clock, policy.attemptTimeoutMs, signal, (own) => attempt(ports, input, own), () => timedOut(request));
}

/** The pause that an answer asks of all sampling, if it does: longer after a large prompt. */
function pushBackOf({ ports, bytes }: Submission, { error, retryAfterMs = 0 }: FailedAttempt): PushBack | undefined {
  if (error.status !== 429 && error.status !== 402) return undefined;
  return {
    type: error.status === 402 ? 'dispatch.billed' : 'dispatch.pushedBack',
    at: ports.environment.now(),
    pauseMs: Math.max(bytes > largePromptBytes ? largePromptPauseMs : pauseMs, retryAfterMs),
  };
}
