import { checkFlag, checkOptions } from '../calls/check-options.js';
import { ModelInput } from '../types/data.js';
import { invalid, invalidPhrase } from '../types/errors.js';
import { SamplingParams, type StopCondition } from '../types/sampling.js';
import { isUnsigned64 } from '../types/whole-number.js';

/** How tokens are drawn (wire protocol §2.6). */
export interface SamplingSettings {
  /** Most tokens of a sequence, 1 or more; the server's choice when absent, and some servers need it. */
  readonly maxTokens?: number | undefined;
  /** Whole, 0 to 2^64 - 1; beyond 2^53 - 1 as a bigint. The server's choice when absent. */
  readonly seed?: number | bigint | undefined;
  /** A text, several texts, or several token ids, any of which ends a sequence. */
  readonly stop?: string | readonly string[] | readonly number[] | undefined;
  /** Finite, 0 or more; 0 always takes the likeliest token; default 1. */
  readonly temperature?: number | undefined;
  /** Draws among this many of the likeliest tokens, 1 or more; -1, the default, among all. */
  readonly topK?: number | undefined;
  /** Draws among the likeliest tokens that together have this probability: above 0, up to 1, the default. */
  readonly topP?: number | undefined;
}

/** What is to be sampled. */
export interface SampleInput {
  /** What the sequences continue: a ModelInput, or the ids of its tokens. At least one token. */
  readonly prompt: ModelInput | readonly number[] | Int32Array;
  /** How many sequences, 1 or more; default 1. */
  readonly numSamples?: number | undefined;
  /** How the tokens are drawn; `{}` takes the defaults. */
  readonly samplingParams: SamplingSettings;
  /** Whether the log-probabilities of the prompt's own tokens are wanted; default false. */
  readonly includePromptLogprobs?: boolean | undefined;
  /** How many of the likeliest tokens are wanted at each place of the prompt; default 0: none. */
  readonly topkPromptLogprobs?: number | undefined;
}

/** The same once checked. */
export interface CheckedSample {
  readonly prompt: ModelInput;
  readonly numSamples: number;
  readonly samplingParams: SamplingParams;
  readonly promptLogprobs: boolean;
  readonly topkPromptLogprobs: number;
}

const inputNames: readonly (keyof SampleInput)[] = ['prompt', 'numSamples', 'samplingParams', 'includePromptLogprobs', 'topkPromptLogprobs'];
const settingNames: readonly (keyof SamplingSettings)[] = ['maxTokens', 'seed', 'stop', 'temperature', 'topK', 'topP'];

/**
 * Checks what is to be sampled.
 * @throws TinkerError `validation` naming the argument
 */
export function checkSample(input: SampleInput): CheckedSample {
  checkOptions(input, inputNames, 'sample');
  const { numSamples = 1, topkPromptLogprobs = 0 } = input;
  if (!isWhole(numSamples, 1)) throw invalid('numSamples', numSamples, 'a whole number, 1 or more');
  if (!isWhole(topkPromptLogprobs, 0)) throw invalid('topkPromptLogprobs', topkPromptLogprobs, 'a whole number, 0 or more');
  return {
    prompt: checkPrompt(input.prompt),
    numSamples,
    samplingParams: checkSettings(input.samplingParams),
    promptLogprobs: checkFlag('includePromptLogprobs', input.includePromptLogprobs, false),
    topkPromptLogprobs,
  };
}

/**
 * Checks a prompt, and makes a ModelInput of token ids.
 * @throws TinkerError `validation`
 */
export function checkPrompt(prompt: SampleInput['prompt']): ModelInput {
  if (!(prompt instanceof ModelInput) && !Array.isArray(prompt) && !(prompt instanceof Int32Array)) {
    throw invalid('prompt', prompt, 'a ModelInput or an array of token ids');
  }
  const input = prompt instanceof ModelInput ? prompt : ModelInput.fromInts(prompt);
  if (input.chunks.every((chunk) => chunk.type === 'encoded_text' && chunk.tokens.length === 0)) {
    throw invalidPhrase('prompt', 'no tokens', 'at least one token');
  }
  return input;
}

function checkSettings(settings: SamplingSettings): SamplingParams {
  checkOptions(settings, settingNames, 'samplingParams');
  const { maxTokens, seed, stop, temperature = 1, topK = -1, topP = 1 } = settings;
  const refuse = (name: keyof SamplingSettings, allowed: string) => invalid(`samplingParams.${name}`, settings[name], allowed);
  if (maxTokens !== undefined && !isWhole(maxTokens, 1)) throw refuse('maxTokens', 'a whole number, 1 or more');
  if (seed !== undefined && !isUnsigned64(seed)) throw refuse('seed', 'a whole number from 0 to 2^64 - 1 (beyond 2^53 - 1 as a bigint)');
  if (!(Number.isFinite(temperature) && temperature >= 0)) throw refuse('temperature', 'a finite number, 0 or more');
  if (topK !== -1 && !isWhole(topK, 1)) throw refuse('topK', 'a whole number, 1 or more, or -1 to draw among all tokens');
  if (!(typeof topP === 'number' && topP > 0 && topP <= 1)) throw refuse('topP', 'a number above 0, up to 1');
  return SamplingParams.make({ maxTokens, seed, stop: checkStop(stop), temperature, topK, topP });
}

/** One text becomes a list of one: self-hosted servers take lists only. */
function checkStop(stop: StopCondition | undefined): StopCondition | undefined {
  if (stop === undefined) return undefined;
  if (typeof stop === 'string') return checkStop([stop]);
  const list: unknown = stop;
  if (Array.isArray(list)) {
    if (list.every((entry) => typeof entry === 'string' && entry !== '')) return stop;
    if (list.every((entry) => isWhole(entry, 0))) return stop;
  }
  throw invalid('samplingParams.stop', stop, 'a non-empty text, an array of such texts, or an array of token ids; not both');
}

function isWhole(value: unknown, least: number): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least;
}
