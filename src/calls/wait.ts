import { checkOptions } from './check-options.js';
import type { Clock } from '../machines/environment.js';
import { invalid, TinkerError } from '../types/errors.js';
import { factsInWords, type WaitFacts } from '../types/wait-facts.js';
import { watchLimits } from './limits.js';

/** Limits for waiting, or for a whole call. */
export interface WaitOptions {
  /** Ends the wait, or takes the call back. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds, 0 or more; no limit when absent, or more than 24 days. */
  readonly timeoutMs?: number | undefined;
}

const limits: readonly string[] = ['signal', 'timeoutMs'];

/** Options that a call has beside its limits. */
const moreOptions: Readonly<Record<string, readonly string[]>> = {
  saveState: ['ttlSeconds', 'overwrite'],
  loadState: ['weightsAccessToken'],
  saveWeightsForSampler: ['ttlSeconds'],
  saveWeightsAndGetSamplingClient: ['retryConfig'],
  createSamplingClient: ['modelPath', 'baseModel', 'retryConfig'],
  step: ['lossFnConfig'],
  createLoraTrainingClient: ['baseModel', 'rank', 'seed', 'trainMlp', 'trainAttn', 'trainUnembed', 'userMetadata', 'extraBody'],
  resumeTrainingClient: ['orCreate'],
  createTrainingClientFromState: ['loadOptimizer', 'baseModel', 'userMetadata', 'weightsAccessToken'],
};

/**
 * Checks the options of a call: their names and its limits.
 * @param call names the call
 * @throws TinkerError `validation` naming the option; `cancelled` when the signal is aborted already
 */
export function checkWait(options: WaitOptions, call = 'result'): void {
  checkOptions(options, [...limits, ...(moreOptions[call] ?? [])]);
  const { signal, timeoutMs } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid('signal', signal, 'an AbortSignal');
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs >= 0)) {
    throw invalid('timeoutMs', timeoutMs, 'a number of milliseconds, 0 or more');
  }
  if (signal?.aborted === true) {
    throw new TinkerError('cancelled', `${call}: its signal was aborted before it began`, { cause: signal.reason });
  }
}

/** What a wait that is given up rejects with. */
export interface GivenUp {
  readonly cancelled: () => TinkerError;
  readonly timeout: (timeoutMs: number) => TinkerError;
}

/** The outcome of a promise, or an error once a limit is reached; the promise itself goes on. */
export async function within<A>(promise: Promise<A>, { signal, timeoutMs }: WaitOptions, clock: Clock, errors: GivenUp): Promise<A> {
  if (signal === undefined && timeoutMs === undefined) return promise;
  let stop: (() => void) | undefined;
  const givenUp = new Promise<never>((_, reject) => {
    const timeout = (afterMs: number) => reject(errors.timeout(afterMs));
    stop = watchLimits({ signal, timeoutMs }, clock, { abort: () => reject(errors.cancelled()), timeout });
  });
  try {
    return await Promise.race([promise, givenUp]);
  } finally {
    // Only as long as the wait: a caller's signal may live for weeks, and listeners would gather on it.
    stop?.();
  }
}

/**
 * Starts a call that gives a promise, and waits for it within the caller's limits.
 * @param late is given what comes of it after the wait was given up
 * @param underWay the requests that may be waited for
 * @throws TinkerError `validation` on bad limits, `timeout` or `cancelled` when they are reached
 */
export async function callWithin<A>(
  call: string,
  options: WaitOptions,
  clock: Clock,
  start: () => Promise<A>,
  late: (value: A) => void = () => undefined,
  underWay: () => readonly UnderWay[] = () => [],
): Promise<A> {
  checkWait(options, call);
  const started = start();
  let given = false;
  const giveUp = (error: TinkerError) => {
    given = true;
    return error;
  };
  started.then((value) => given && late(value), () => undefined);
  return within(started, options, clock, {
    cancelled: () => giveUp(new TinkerError('cancelled', `${call}: the wait was given up by its signal`)),
    timeout: (timeoutMs) => giveUp(timeoutOf(call, timeoutMs, underWay())),
  });
}

/** A request that has no answer yet. */
export interface UnderWay {
  readonly name: string;
  readonly facts: WaitFacts;
}

const mostNamed = 3;

/** Which of several requests a call waits for, nobody can say: then they are named, and their facts are not the error's. */
function timeoutOf(call: string, timeoutMs: number, underWay: readonly UnderWay[]): TinkerError {
  const named = underWay.slice(0, mostNamed).map(({ name, facts }) => [name, ...factsInWords(facts)].join(', '));
  const waits = named.length === 0 ? '' : `. The service waits for ${named.join('; ')}${underWay.length > mostNamed ? '; and others' : ''}`;
  const facts = underWay.length === 1 ? underWay[0]?.facts : {};
  const message = `${call}: no answer within ${timeoutMs} ms${waits}. Is the server running and reachable?`;
  return new TinkerError('timeout', message, { ...facts, operation: call, elapsedMs: timeoutMs });
}
