import * as E from 'fp-ts/lib/Either.js';
import {
  afterPoll,
  afterTimeout,
  billingPauseMs,
  hasBillingTimeLeft,
  hasTimeLeft,
  isWorthAskingAgain,
  unasked,
  type FutureContext,
} from '../machines/future-context.js';
import type { FuturePolicy, PollOutcome } from '../machines/future-messages.js';
import { poll, reserve, type Ports } from '../machines/provide.js';
import { limited, sleep } from './abortable.js';
import type { TinkerError } from '../types/errors.js';

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
export async function awaitSample(awaited: Awaited, signal: AbortSignal): Promise<E.Either<TinkerError, number>> {
  const { ports, policy, key, seqId, requestId, onQueueState } = awaited;
  const { clock } = ports.environment;
  let future = unasked({ key, part: 0, kind: 'sample', seqId, requestId, policy });
  for (;;) {
    const { future: now, next } = await askOnce(ports, { ...future, polls: future.polls + 1 }, signal);
    if (now.queueState !== future.queueState) onQueueState(now.queueState, now.reason);
    future = now;
    if (next === undefined) {
      return future.output.status === 'failed' ? E.left(future.output.error.with({ seqId, requestId })) : E.right(future.output.downloadMs);
    }
    if (next === 'reserve') await reserve(ports, { key, part: 0, bytes: future.announcedBytes }, signal);
    else await sleep(clock, next.pauseMs, signal);
  }
}

async function askOnce(ports: Ports, future: FutureContext, signal: AbortSignal): Promise<Step> {
  const { key, part, requestId, polls, allowMetadataOnly, policy } = future;
  const input = { key, part, requestId, iteration: polls - 1, allowMetadataOnly };
  const ask = async (own: AbortSignal) => after(future, await poll(ports, input, own));
  return limited(ports.environment.clock, policy.pollTimeoutMs, signal, ask, () => goOnIfTimeLeft({ ...future, ...afterTimeout(future) }));
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
