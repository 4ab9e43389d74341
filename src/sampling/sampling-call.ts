import * as E from 'fp-ts/lib/Either.js';
import type { FuturePolicy } from '../machines/future-messages.js';
import type { Ports } from '../machines/ports.js';
import type { RequestPolicy } from '../machines/request-messages.js';
import type { SamplingGate } from './sampling-gate.js';
import type { CheckedSample } from './sampling-input.js';
import type { RetrySettings } from './sampling-options.js';
import { awaitSample } from './sampling-poll.js';
import { submitSample } from './sampling-submit.js';
import { sleep } from './abortable.js';
import type { TinkerError } from '../types/errors.js';
import { estimatePromptBytes } from '../wire/chunking.js';
import type { StopSignal } from '../types/stop.js';

/** What the calls of one sampling client share. */
export interface SamplingHost {
  readonly ports: Ports;
  readonly gate: SamplingGate;
  readonly requestPolicy: () => RequestPolicy;
  readonly futurePolicy: () => FuturePolicy;
  readonly retry: RetrySettings;
  /** Draws the number of an attempt. */
  readonly nextSeqId: () => number;
}

/** One call, and whom it tells how it goes. */
export interface SamplingCall {
  /** Under which its request is kept. */
  readonly key: string;
  readonly sample: CheckedSample;
  /** Whether it is asked for anew when it failed in passing. */
  readonly retries: boolean;
  readonly onSending: (seqId: number) => void;
  readonly onAccepted: (requestId: string) => void;
  readonly onQueueState: (queueState: string | undefined, reason: string | undefined) => void;
  readonly onResubmitted: (error: TinkerError) => void;
}

/**
 * Samples: asks under one number after the other until there is a result, or a failure that no new
 * attempt would change (wire protocol §3.8).
 * @returns milliseconds that the download took; the result is delivered to the work of the call
 * @throws TinkerError the signal's reason
 */
export async function runSample(host: SamplingHost, call: SamplingCall, signal: StopSignal): Promise<E.Either<TinkerError, number>> {
  const { clock, random } = host.ports.environment;
  for (let failures = 1; ; failures += 1) {
    const outcome = await sampleOnce(host, call, signal);
    if (E.isRight(outcome) || !call.retries || !mayPass(outcome.left)) return outcome;
    call.onResubmitted(outcome.left);
    await sleep(clock, retryPauseMs(host.retry, failures, random()), signal);
  }
}

async function sampleOnce(host: SamplingHost, call: SamplingCall, signal: StopSignal): Promise<E.Either<TinkerError, number>> {
  const { ports, gate } = host;
  const { key, onQueueState } = call;
  const seqId = host.nextSeqId();
  const submitted = await submitSample(
    {
      ports,
      gate,
      policy: host.requestPolicy(),
      key,
      seqId,
      bytes: estimatePromptBytes(call.sample.prompt),
      onSending: () => call.onSending(seqId),
      onQueueState,
    },
    signal,
  );
  if (E.isLeft(submitted)) return submitted;
  const requestId = submitted.right;
  call.onAccepted(requestId);
  return awaitSample({ ports, policy: host.futurePolicy(), key, seqId, requestId, onQueueState }, signal);
}

const passing = new Set([408, 409, 410, 425, 429]);

/** Whether an attempt under a new number may succeed where this one failed. */
function mayPass({ kind, status = 0, message }: TinkerError): boolean {
  if (kind === 'connection' || kind === 'timeout' || kind === 'promiseExpired') return true;
  // A number that was used for something else says that this client's numbers are not its own.
  if (status === 409 && /reuse/i.test(message)) return false;
  return kind === 'http' && (passing.has(status) || status >= 500);
}

/**
 * Pause after the k-th failure: doubling from the base up to the longest, more or less by chance.
 * @param failures from 1
 * @param chance uniform in [0, 1)
 */
function retryPauseMs({ retryDelayBaseMs, retryDelayMaxMs, jitterFactor }: RetrySettings, failures: number, chance: number): number {
  const pauseMs = Math.min(retryDelayBaseMs * 2 ** (failures - 1), retryDelayMaxMs);
  return Math.min(retryDelayMaxMs, pauseMs * (1 + jitterFactor * (2 * chance - 1)));
}
