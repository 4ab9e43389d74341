import { ModelInput, type Datum } from '../types/data.js';
import type { ForwardBackwardOutput } from '../types/training.js';

// Every vocabulary has tokens of these numbers.
const firstToken = 32;
const tokenCount = 90;

/** A sequence that is not all the same, of one token more than a datum is long. */
function tokens(length: number, start: number): readonly number[] {
  return Array.from({ length: length + 1 }, (_, index) => firstToken + ((start + index * 7) % tokenCount));
}

/** A sequence that predicts each next token. */
export function datum(length = 12, { start = 3, weight = 1 }: { readonly start?: number; readonly weight?: number } = {}): Datum {
  const all = tokens(length, start);
  return {
    modelInput: ModelInput.fromInts(all.slice(0, -1)),
    lossFnInputs: { target_tokens: all.slice(1), weights: all.slice(1).map(() => weight) },
  };
}

/** The same for losses that compare with what was sampled. */
export function rewarded(logprobs: readonly number[]): Datum {
  const all = tokens(logprobs.length, 3);
  return {
    modelInput: ModelInput.fromInts(all.slice(0, -1)),
    lossFnInputs: { target_tokens: all.slice(1), logprobs, advantages: logprobs.map((_, index) => (index % 2 === 0 ? 1 : -0.5)) },
  };
}

/** Tokens to continue. */
export function prompt(length = 6): readonly number[] {
  return tokens(length - 1, 3);
}

/** The same pass as JSON on the wire. */
export function wirePass(length = 12): object {
  const all = tokens(length, 3);
  const targets = all.slice(1);
  const tensor = (data: readonly number[], dtype: string): object => ({ data, dtype, shape: [data.length] });
  const loss_fn_inputs = { target_tokens: tensor(targets, 'int64'), weights: tensor(targets.map(() => 1), 'float32') };
  return { data: [{ model_input: { chunks: [{ tokens: all.slice(0, -1), type: 'encoded_text' }] }, loss_fn_inputs }], loss_fn: 'cross_entropy' };
}

/** Per datum the log-probability of each target. */
export function logprobsOf({ lossFnOutputs }: ForwardBackwardOutput): readonly (readonly number[])[] {
  return lossFnOutputs.map(({ logprobs }) => (logprobs === undefined ? [] : Array.from(logprobs.data, Number)));
}

/** The cross entropy over all targets, from their log-probabilities: not every server reports a loss. */
export function lossOf(output: ForwardBackwardOutput): number {
  return -logprobsOf(output).flat().reduce((sum, logprob) => sum + logprob, 0);
}
