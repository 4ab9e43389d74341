import type { DecoderConfig } from '../../../src/server/engine/base-models.js';
import type { AdamSettings, LoraSettings, TrainingDatum } from '../../../src/server/engine/engine.js';

/** Small enough for finite differences, with grouped key heads and more than one layer. */
export const TOY: DecoderConfig = {
  name: 'toy', maxContextLength: 64, vocabSize: 11, width: 8, layers: 2, heads: 4, kvHeads: 2,
  headWidth: 4, mlpWidth: 12, tiedUnembedding: false, ropeBase: 100, normEps: 1e-5, seed: 5,
};

export const TOY_TIED: DecoderConfig = { ...TOY, name: 'toy-tied', tiedUnembedding: true };

export const TOY_LORA: LoraSettings = { rank: 2, seed: 7, trainAttn: true, trainMlp: true, trainUnembed: true };

export const ADAM: AdamSettings = {
  learningRate: 0.01, beta1: 0.9, beta2: 0.95, eps: 1e-12, weightDecay: 0.01, gradClipNorm: 1,
};

/** A sequence over the toy vocabulary that differs from others by its start. */
export function toyDatum(start: number, length: number): TrainingDatum {
  return {
    tokens: Int32Array.from({ length }, (_, i) => (start + i * i) % TOY.vocabSize),
    targetTokens: Int32Array.from({ length }, (_, i) => (start + (i + 1) * (i + 1)) % TOY.vocabSize),
    weights: Float32Array.from({ length }, (_, i) => (i % 3 === 0 ? 0 : 0.5 + i / length)),
  };
}
