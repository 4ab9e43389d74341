import { ModelInput, type Datum } from '../types/data.js';
import { TinkerError } from '../types/errors.js';
import type { ForwardBackwardOutput } from '../types/training.js';

// Every vocabulary has tokens of these numbers.
const firstToken = 32;
const tokenCount = 90;
const rows = 4;
const length = 24;

/** The batch of one step: other sequences for every number, and always the same for one. */
export function probeBatch(step: number): Datum[] {
  return Array.from({ length: rows }, (_, row) => {
    const tokens = Array.from({ length: length + 1 }, (_unused, at) => firstToken + (((step * rows + row) * 31 + at * (3 + row * 2)) % tokenCount));
    return {
      modelInput: ModelInput.fromInts(tokens.slice(0, -1)),
      lossFnInputs: { target_tokens: tokens.slice(1), weights: tokens.slice(1).map(() => 1) },
    };
  });
}

/** The log-probabilities of all targets of a batch, one after the other. */
export type Logprobs = readonly number[];

/** @throws TinkerError `malformedResponse` where the server gives none */
export function logprobsOf({ lossFnOutputs }: ForwardBackwardOutput): Logprobs {
  const logprobs = lossFnOutputs.flatMap(({ logprobs: own }) => (own === undefined ? [] : Array.from(own.data, Number)));
  if (logprobs.length === rows * length && logprobs.every(Number.isFinite)) return logprobs;
  throw new TinkerError('malformedResponse', `the server gave ${logprobs.length} log-probabilities for ${rows * length} targets, or some that are no numbers`);
}

/** Mean cross-entropy, in nats per token. */
export function lossOf(logprobs: Logprobs): number {
  return -logprobs.reduce((sum, logprob) => sum + logprob, 0) / logprobs.length;
}

/** How far apart two models are: the root mean square of the differences, in nats. */
export function distance(left: Logprobs, right: Logprobs): number {
  return Math.sqrt(left.reduce((sum, logprob, at) => sum + (logprob - Number(right[at])) ** 2, 0) / left.length);
}
