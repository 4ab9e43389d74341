import * as E from 'fp-ts/lib/Either.js';
import {
  afterPoll,
  billingPauseMs,
  hasBillingTimeLeft,
  hasTimeLeft,
  isWorthAskingAgain,
  timedOutPoll,
  unasked,
  type FutureContext,
} from '../machines/future-context.js';
import type { FutureInput, FuturePolicy, PollOutcome } from '../machines/future-messages.js';
import { poll, reserve } from '../machines/poll.js';
import type { Ports } from '../machines/ports.js';
import { limited, sleep } from './abortable.js';
import type { TinkerError } from '../types/errors.js';
import type { StopSignal } from '../types/stop.js';

/** What waiting for a result needs. */
export interface Awaited {
  readonly ports: Ports;
  readonly policy: FuturePolicy;
  readonly key: string;
  readonly seqId: number;
  readonly requestId: string;
  readonly onQueueState: (queueState: string | undefined, reason: string | undefined) => void;
}

/** How a poll changes the wait for a result: its new state, and how to go on; over without a next step. */
interface Step {
  readonly future: FutureContext;
  readonly next?: { readonly pauseMs: number } | 'reserve';
}

/**
 * Asks for a result until it is there, by the rules of the future machine (wire protocol §3.3). The
 * result itself is delivered to the work that is kept under the key.
 * @returns milliseconds that its download took
 * @throws TinkerError the signal's reason
 */
export async function awaitSample(awaited: Awaited, signal: StopSignal): Promise<E.Either<TinkerError, number>> {
  const { ports, policy, key, seqId, requestId, onQueueState } = awaited;
  const { clock } = ports.environment;
  const input: FutureInput = { key, part: 0, kind: 'sample', seqId, requestId, policy };
  // Most results are there at once: what is known about a wait is kept only where there is one.
  let future: FutureContext | undefined;
  for (;;) {
    const { polls = 0, allowMetadataOnly = true } = future ?? {};
    const outcome = await askOnce(ports, input, { iteration: polls, allowMetadataOnly }, signal);
    if (future === undefined && outcome.kind === 'ready') return E.right(outcome.downloadMs);
    const before = future;
    const { future: now, next } = after({ ...(before ?? unasked(input)), polls: polls + 1 }, outcome);
    if (now.queueState !== before?.queueState) onQueueState(now.queueState, now.reason);
    if (next === undefined) return now.output.status === 'failed' ? E.left(now.output.error.with({ seqId, requestId })) : E.right(now.output.downloadMs);
    if (next === 'reserve') await reserve(ports, { key, part: 0, bytes: now.announcedBytes }, signal);
    else await sleep(clock, next.pauseMs, signal);
    future = now;
  }
}

function askOnce(
  ports: Ports,
  input: FutureInput,
  { iteration, allowMetadataOnly }: { iteration: number; allowMetadataOnly: boolean },
  signal: StopSignal,
): Promise<PollOutcome> {
  const { key, part, requestId, policy } = input;
  const ask = (own: StopSignal) => poll(ports, { key, part, requestId, iteration, allowMetadataOnly }, own);
  return limited(ports.environment.clock, policy.pollTimeoutMs, signal, ask, () => timedOutPoll(input));
}

function after(before: FutureContext, outcome: PollOutcome): Step {
  const future = { ...before, ...afterPoll(before, outcome) };
  switch (outcome.kind) {
    case 'pending':
      return { future, next: future };
    case 'announced':
      return before.allowMetadataOnly ? { future, next: 'reserve' } : { future };
    case 'unreachable':
      return goOnIfTimeLeft(future);
    case 'billing':
      return hasBillingTimeLeft(future)
        ? { future: { ...future, billingMs: future.billingMs + billingPauseMs }, next: { pauseMs: billingPauseMs } }
        : { future };
    default:
      return isWorthAskingAgain(before, outcome) ? { future, next: future } : { future };
  }
}

function goOnIfTimeLeft(future: FutureContext): Step {
  return hasTimeLeft(future) ? { future: { ...future, unreachableMs: future.unreachableMs + future.pauseMs }, next: future } : { future };
}
