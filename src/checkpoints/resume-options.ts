import { guarded } from '../calls/callbacks.js';
import { checkOptions } from '../calls/check-options.js';
import { checkWait, type WaitOptions } from '../calls/wait.js';
import { checkFunction } from '../service/check-settings.js';
import { ServiceClient } from '../service-client.js';
import { invalid } from '../types/errors.js';

/** What a resume check is to try, and where. */
export interface ResumeCheckOptions extends WaitOptions {
  /** The service whose server is tried; stays open. */
  readonly service: ServiceClient;
  /** The base model to train. */
  readonly baseModel: string;
  /** LoRA rank; default 8. */
  readonly rank?: number | undefined;
  /** Seed of the adapter; default 7. */
  readonly seed?: number | undefined;
  /** Adam's learning rate; default 1e-3. A higher one makes the difference between the ways larger. */
  readonly learningRate?: number | undefined;
  /** Optimizer steps before the save, which fill the optimizer's state; 2 to 1000, default 4. */
  readonly firstSteps?: number | undefined;
  /** Told before and after each part. */
  readonly onProgress?: ((progress: ResumeCheckProgress) => void) | undefined;
  /** Ends the call that is under way, and so the check. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for each call, not for all of them; no limit when absent. */
  readonly timeoutMs?: number | undefined;
}

/** How far a resume check has come. */
export interface ResumeCheckProgress {
  /** Parts that are done. */
  readonly done: number;
  /** Parts in all. */
  readonly total: number;
  /** The part that was begun or ended just now, in words. */
  readonly part: string;
}

const names: readonly (keyof ResumeCheckOptions)[] = [
  ...(['service', 'baseModel', 'rank', 'seed', 'learningRate', 'firstSteps', 'onProgress', 'signal', 'timeoutMs'] as const),
];
const mostSteps = 1000;

/**
 * Fills the defaults in. What only concerns a call is checked by that call.
 * @throws TinkerError `validation`
 */
export function checkResumeOptions(options: ResumeCheckOptions) {
  checkOptions(options, names);
  const { service, baseModel, rank = 8, seed = 7, learningRate = 1e-3, firstSteps = 4, signal, timeoutMs } = options;
  if (!(service instanceof ServiceClient)) throw invalid('service', service, 'a ServiceClient');
  if (!(Number.isSafeInteger(firstSteps) && firstSteps >= 2 && firstSteps <= mostSteps)) {
    throw invalid('firstSteps', firstSteps, `a whole number, 2 to ${mostSteps}`);
  }
  const limits: WaitOptions = { signal, timeoutMs };
  checkWait(limits);
  const onProgress = guarded('onProgress', checkFunction('onProgress', options.onProgress)) ?? (() => undefined);
  const name = `resume-check-${globalThis.crypto.randomUUID().slice(0, 8)}`;
  return { service, baseModel, rank, seed, learningRate, firstSteps, limits, onProgress, name };
}
