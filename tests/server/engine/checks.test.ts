import { describe, expect, it } from '@jest/globals';
import { checkAdam, checkClip, checkData, checkLora } from '../../../src/server/engine/checks.js';
import type { LossName, TrainingDatum } from '../../../src/server/engine/engine.js';
import { EngineError } from '../../../src/server/engine/engine-error.js';
import { ADAM, TOY, TOY_LORA, toyDatum } from './toy.js';

function refusal(check: () => void): string {
  try {
    check();
  } catch (error) {
    if (error instanceof EngineError) return `${error.category}: ${error.message}`;
  }
  return 'accepted';
}

describe('checkData', () => {
  const good = toyDatum(1, 4);
  const second = (change: Partial<TrainingDatum>, lossFn: LossName = 'cross_entropy'): string => refusal(() => checkData(TOY, [good, { ...good, ...change }], lossFn));

  it('accepts a full-length sequence', () => {
    expect(refusal(() => checkData(TOY, [toyDatum(1, 64)], 'cross_entropy'))).toBe('accepted');
  });

  it('refuses an empty batch', () => {
    expect(refusal(() => checkData(TOY, [], 'cross_entropy'))).toBe('user: The batch is empty; send at least one datum.');
  });

  it('refuses an empty datum', () => {
    expect(second({ tokens: new Int32Array() })).toBe('user: Datum 1 is empty; each datum needs at least one token.');
  });

  it('refuses a sequence beyond the context length, with both numbers', () => {
    expect(refusal(() => checkData(TOY, [toyDatum(1, 65)], 'cross_entropy'))).toBe('user: Datum 0 has 65 tokens, but toy takes at most 64. Split it into shorter sequences.');
  });

  it('refuses targets of another length', () => {
    expect(second({ targetTokens: new Int32Array(3) })).toBe('user: Datum 1 has 4 tokens but 3 target_tokens; there must be one target per token.');
  });

  it('refuses weights of another length', () => {
    expect(second({ weights: new Float32Array(5) })).toBe('user: Datum 1 has 4 tokens but 5 weights; there must be one weight per token.');
  });

  it.each([[11], [-1]])('refuses token id %d', (id) => {
    expect(second({ tokens: Int32Array.of(0, 10, id, 0) })).toBe(
      `user: Datum 1: the token at position 2 is ${id}, but toy has token ids from 0 to 10. Encode the text with this model's tokenizer.`,
    );
  });

  it('refuses a target id outside the vocabulary', () => {
    expect(second({ targetTokens: Int32Array.of(0, 0, 0, 260) })).toBe(
      "user: Datum 1: the target token at position 3 is 260, but toy has token ids from 0 to 10. Encode the text with this model's tokenizer.",
    );
  });

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY]])('refuses weight %d', (weight) => {
    expect(second({ weights: Float32Array.of(0, weight, 1, 1) })).toBe(`user: Datum 1: the weight at position 1 is ${weight}; weights must be finite numbers.`);
  });
});

describe('checkData of a loss with advantages', () => {
  const good = { ...toyDatum(1, 4), samplingLogprobs: Float32Array.of(-1, -2, -3, -4) };
  const first = (change: Partial<TrainingDatum>): string => refusal(() => checkData(TOY, [{ ...good, ...change }], 'ppo'));

  it('accepts one advantage and one log-probability per token', () => {
    expect(first({})).toBe('accepted');
  });

  it.each([
    [{ weights: new Float32Array(3) }, 'Datum 0 has 4 tokens but 3 advantages; there must be one advantage per token.'],
    [{ samplingLogprobs: undefined }, 'Datum 0 has 4 tokens but 0 logprobs; there must be one log-probability per token.'],
    [{ samplingLogprobs: new Float32Array(5) }, 'Datum 0 has 4 tokens but 5 logprobs; there must be one log-probability per token.'],
    [{ weights: Float32Array.of(0, 0, Infinity, 0) }, 'Datum 0: the advantage at position 2 is Infinity; advantages must be finite numbers.'],
    [{ samplingLogprobs: Float32Array.of(0, Number.NaN, 0, 0) }, 'Datum 0: the log-probability at position 1 is NaN; logprobs must be finite numbers.'],
  ])('refuses %j', (change, message) => {
    expect(first(change)).toBe(`user: ${message}`);
  });
});

describe('checkClip', () => {
  it.each([[{ low: 0, high: 0 }], [{ low: 0.8, high: 1.2 }], [{ low: 0, high: Infinity }]])('accepts %j', (clip) => {
    expect(refusal(() => checkClip(clip))).toBe('accepted');
  });

  it.each([[{ low: -0.1, high: 1 }], [{ low: 1.2, high: 0.8 }], [{ low: 0, high: Number.NaN }]])('refuses %j', (clip) => {
    expect(refusal(() => checkClip(clip))).toBe(
      `user: clip_low_threshold must be at least 0 and clip_high_threshold at least as large, but they are ${clip.low} and ${clip.high}.`,
    );
  });
});

describe('checkLora', () => {
  it.each([[1], [512]])('accepts rank %d', (rank) => {
    expect(refusal(() => checkLora({ ...TOY_LORA, rank }))).toBe('accepted');
  });

  it.each([[0], [513], [1.5], [Number.NaN]])('refuses rank %d', (rank) => {
    expect(refusal(() => checkLora({ ...TOY_LORA, rank }))).toBe(`user: LoRA rank must be an integer from 1 to 512, but is ${rank}.`);
  });

  it.each([[-1], [0.5], [2 ** 53]])('refuses seed %d', (seed) => {
    expect(refusal(() => checkLora({ ...TOY_LORA, seed }))).toBe(`user: LoRA seed must be an integer from 0 to 2^53 - 1, but is ${seed}.`);
  });

  it('refuses an adapter on nothing', () => {
    expect(refusal(() => checkLora({ rank: 1, seed: 1, trainAttn: false, trainMlp: false, trainUnembed: false }))).toBe(
      'user: At least one of train_attn, train_mlp and train_unembed must be true; all are false, so there is nothing to train.',
    );
  });
});

describe('checkAdam', () => {
  it('accepts the edges of every range', () => {
    expect(refusal(() => checkAdam({ learningRate: 0, beta1: 0, beta2: 0, eps: 1e-12, weightDecay: 0, gradClipNorm: 0 }))).toBe('accepted');
  });

  it.each([
    [{ learningRate: -1 }, 'learning_rate must be a finite number of at least 0, but is -1.'],
    [{ learningRate: Number.POSITIVE_INFINITY }, 'learning_rate must be a finite number of at least 0, but is Infinity.'],
    [{ beta1: 1 }, 'beta1 must be at least 0 and below 1, but is 1.'],
    [{ beta2: -0.1 }, 'beta2 must be at least 0 and below 1, but is -0.1.'],
    [{ eps: 0 }, 'eps must be a finite number above 0, but is 0.'],
    [{ weightDecay: Number.NaN }, 'weight_decay must be a finite number of at least 0, but is NaN.'],
    [{ gradClipNorm: -2 }, 'grad_clip_norm must be a finite number of at least 0 (0 switches clipping off), but is -2.'],
  ])('refuses %j', (change, message) => {
    expect(refusal(() => checkAdam({ ...ADAM, ...change }))).toBe(`user: ${message}`);
  });
});
