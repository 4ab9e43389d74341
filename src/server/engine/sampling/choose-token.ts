/** Choosing the next token from a model's distribution (wire protocol §2.6). */
import type { LikelyToken, SampleWork } from './sampling.js';

/** How a token is chosen. */
export type ChoiceRules = Pick<SampleWork, 'temperature' | 'topK' | 'topP'>;

/**
 * Draws a token. The temperature comes first, then top-k, then top-p over what is left; among
 * tokens of the same probability the one with the lower id comes first.
 * @param logprobs log-probability of each token id
 * @param random gives a number from 0 to below 1; not called at temperature 0
 */
export function chooseToken(logprobs: Float64Array, { temperature, topK, topP }: ChoiceRules, random: () => number): number {
  const best = likeliest(logprobs);
  if (temperature === 0) return best;
  const largest = logprobs[best] ?? 0;
  const weights = logprobs.map((logprob) => Math.exp((logprob - largest) / temperature));
  const restricted = topK > 0 || topP < 1;
  const candidates = restricted ? restrict(weights, topK, topP) : weights.map((_, token) => token);
  let left = random() * totalOf(candidates, weights);
  for (const token of candidates) {
    left -= weights[token] ?? 0;
    if (left < 0) return token;
  }
  // Only rounding leads here.
  return best;
}

/** The `count` likeliest tokens, likeliest first. */
export function likeliestTokens(logprobs: Float64Array, count: number): LikelyToken[] {
  return byWeight(logprobs).slice(0, count).map((token) => [token, logprobs[token] ?? 0]);
}

function likeliest(logprobs: Float64Array): number {
  let best = 0;
  for (let token = 1; token < logprobs.length; token++) {
    if ((logprobs[token] ?? 0) > (logprobs[best] ?? 0)) best = token;
  }
  return best;
}

function restrict(weights: Float64Array, topK: number, topP: number): number[] {
  const ordered = byWeight(weights);
  const first = topK > 0 ? ordered.slice(0, topK) : ordered;
  const enough = topP * totalOf(first, weights);
  let sum = 0;
  const end = first.findIndex((token) => {
    sum += weights[token] ?? 0;
    return sum >= enough;
  });
  return end === -1 ? first : first.slice(0, end + 1);
}

function byWeight(weights: Float64Array): number[] {
  return Array.from(weights.keys()).sort((left, right) => (weights[right] ?? 0) - (weights[left] ?? 0) || left - right);
}

function totalOf(tokens: ArrayLike<number>, weights: Float64Array): number {
  let total = 0;
  for (let i = 0; i < tokens.length; i++) total += weights[tokens[i] ?? 0] ?? 0;
  return total;
}
