import { checkOptions } from './check-options.js';
import { invalid, TinkerError } from './types/errors.js';

/** Limits for waiting, or for a whole call. */
export interface WaitOptions {
  /** Ends the wait, or takes the call back. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds, 0 or more; no limit when absent. */
  readonly timeoutMs?: number | undefined;
}

const limits: readonly string[] = ['signal', 'timeoutMs'];

/** Options that a call has beside its limits. */
const moreOptions: Readonly<Record<string, readonly string[]>> = {
  saveState: ['ttlSeconds', 'overwrite'],
  loadState: ['weightsAccessToken'],
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
