import { checkFlag, checkOptions } from '../calls/check-options.js';
import { invalid } from '../types/errors.js';
import type { WaitOptions } from '../calls/wait.js';

/** How sampling is tried again (wire protocol §6.6). */
export interface RetryConfig {
  /** Calls of one client that may be on their way at once: 1 or more, at most what the server allows, which is the default. */
  readonly maxConnections?: number | undefined;
  /** Milliseconds without any call ending after which all open ones fail; default 7,200,000. */
  readonly progressTimeoutMs?: number | undefined;
  /** Milliseconds before the first new attempt; each further pause is twice as long; default 500. */
  readonly retryDelayBaseMs?: number | undefined;
  /** The longest pause in milliseconds; default 10,000. */
  readonly retryDelayMaxMs?: number | undefined;
  /** Share by which a pause is made longer or shorter by chance, 0 to 1; default 0.25. */
  readonly jitterFactor?: number | undefined;
  /** Whether a sample that failed in passing is asked for anew; default true. */
  readonly enableRetryLogic?: boolean | undefined;
  /** Whether {@link RetryConfig.progressTimeoutMs} is watched; default true. */
  readonly enableStuckDetection?: boolean | undefined;
}

/** The same with every default filled in. */
export interface RetrySettings {
  readonly maxConnections: number;
  readonly progressTimeoutMs: number;
  readonly retryDelayBaseMs: number;
  readonly retryDelayMaxMs: number;
  readonly jitterFactor: number;
  readonly enableRetryLogic: boolean;
  readonly enableStuckDetection: boolean;
}

/** Settings of making a sampling client of a training client's weights. */
export interface SamplingClientOptions extends WaitOptions {
  /** How its samples are tried again, and how many go on at once; every setting has a default. */
  readonly retryConfig?: RetryConfig | undefined;
}

/** Settings of `ServiceClient.createSamplingClient`: a model path, a base model, or both. */
export interface CreateSamplingClientOptions extends SamplingClientOptions {
  /** `tinker://RUN/sampler_weights/NAME`, as `TrainingClient.saveWeightsForSampler` gives it. */
  readonly modelPath?: string | undefined;
  /** One of the server's base models. */
  readonly baseModel?: string | undefined;
}

const names: readonly (keyof RetryConfig)[] = [
  'maxConnections',
  'progressTimeoutMs',
  'retryDelayBaseMs',
  'retryDelayMaxMs',
  'jitterFactor',
  'enableRetryLogic',
  'enableStuckDetection',
];

// Node runs a timer that is longer at once.
const longestTimer = 2 ** 31 - 1;
const msRule = `a number of milliseconds above 0, at most ${longestTimer}`;

/**
 * Checks and completes the settings of trying again.
 * @throws TinkerError `validation` naming the setting
 */
export function checkRetryConfig(config: RetryConfig = {}): RetrySettings {
  checkOptions(config, names, 'retryConfig');
  const number = (name: keyof RetryConfig, given: number | undefined, fallback: number, holds: (value: number) => boolean, allowed: string) => {
    if (given !== undefined && !(typeof given === 'number' && holds(given))) throw invalid(`retryConfig.${name}`, given, allowed);
    return given ?? fallback;
  };
  const ms = (name: keyof RetryConfig, given: number | undefined, fallback: number) =>
    number(name, given, fallback, (value) => value > 0 && value <= longestTimer, msRule);
  return {
    maxConnections: number('maxConnections', config.maxConnections, Infinity, (value) => value >= 1, 'a number of calls, 1 or more'),
    progressTimeoutMs: ms('progressTimeoutMs', config.progressTimeoutMs, 7_200_000),
    retryDelayBaseMs: ms('retryDelayBaseMs', config.retryDelayBaseMs, 500),
    retryDelayMaxMs: ms('retryDelayMaxMs', config.retryDelayMaxMs, 10_000),
    jitterFactor: number('jitterFactor', config.jitterFactor, 0.25, (value) => value >= 0 && value <= 1, 'a number from 0 to 1'),
    enableRetryLogic: checkFlag('retryConfig.enableRetryLogic', config.enableRetryLogic, true),
    enableStuckDetection: checkFlag('retryConfig.enableStuckDetection', config.enableStuckDetection, true),
  };
}
