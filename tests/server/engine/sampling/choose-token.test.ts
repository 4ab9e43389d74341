import { describe, expect, it } from '@jest/globals';
import { RandomStream } from '../../../../src/server/engine/random.js';
import { chooseToken, likeliestTokens } from '../../../../src/server/engine/sampling/choose-token.js';

const probabilities = [0.1, 0.4, 0.05, 0.3, 0.15];
const logprobs = Float64Array.from(probabilities, Math.log);
const free = { temperature: 1, topK: -1, topP: 1 };

/** How often each token is drawn, as a share. */
function shares(rules: Parameters<typeof chooseToken>[1], draws = 20_000): number[] {
  const stream = new RandomStream(5n, 'test');
  const counts = probabilities.map(() => 0);
  for (let i = 0; i < draws; i++) {
    const token = chooseToken(logprobs, rules, () => stream.nextFraction());
    counts[token] = (counts[token] ?? 0) + 1;
  }
  return counts.map((count) => count / draws);
}

function expectShares(actual: readonly number[], weights: readonly number[]): void {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  actual.forEach((share, token) => {
    const expected = (weights[token] ?? 0) / total;
    if (expected === 0) expect(share).toBe(0);
    else expect(Math.abs(share - expected)).toBeLessThan(0.015);
  });
}

describe('chooseToken', () => {
  it('draws by the probabilities', () => {
    expectShares(shares(free), probabilities);
  });

  it('sharpens them by a low temperature and flattens them by a high one', () => {
    expectShares(shares({ ...free, temperature: 0.5 }), probabilities.map((p) => p ** 2));
    expectShares(shares({ ...free, temperature: 2 }), probabilities.map(Math.sqrt));
  });

  it('draws among the top k', () => {
    expectShares(shares({ ...free, topK: 2 }), [0, 0.4, 0, 0.3, 0]);
    expectShares(shares({ ...free, topK: 9 }), probabilities);
  });

  it('draws among the fewest tokens that have the probability of top p together', () => {
    expectShares(shares({ ...free, topP: 0.71 }), [0, 0.4, 0, 0.3, 0.15]);
    expectShares(shares({ ...free, topP: 0.4 }), [0, 1, 0, 0, 0]);
    expectShares(shares({ ...free, topP: 1e-9 }), [0, 1, 0, 0, 0]);
  });

  it('applies top p to what temperature and top k leave', () => {
    expectShares(shares({ temperature: 1, topK: 3, topP: 0.8 }), [0, 0.4, 0, 0.3, 0]);
    expectShares(shares({ temperature: 0.1, topK: -1, topP: 0.9 }), [0, 1, 0, 0, 0]);
  });

  it('takes the likeliest at temperature 0, without chance, the first of several', () => {
    const never = (): number => {
      throw new Error('asked for a random number');
    };
    expect(chooseToken(logprobs, { ...free, temperature: 0 }, never)).toBe(1);
    expect(chooseToken(Float64Array.of(-2, -1, -1), { ...free, temperature: 0 }, never)).toBe(1);
  });

  it('takes the likeliest when rounding leaves nothing, and at the smallest temperature', () => {
    expect(chooseToken(logprobs, free, () => 1)).toBe(1);
    expect(chooseToken(logprobs, { ...free, temperature: Number.MIN_VALUE }, () => 0.999)).toBe(1);
  });
});

describe('likeliestTokens', () => {
  it('gives them in order, those of equal probability by their id', () => {
    expect(likeliestTokens(Float64Array.of(-3, -1, -2, -1), 3)).toEqual([[1, -1], [3, -1], [2, -2]]);
    expect(likeliestTokens(Float64Array.of(-3, -1), 5)).toEqual([[1, -1], [0, -3]]);
  });
});
