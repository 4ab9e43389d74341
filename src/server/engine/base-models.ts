/**
 * The base models of the local server.
 *
 * They are Llama-style decoders with frozen random weights drawn from a fixed seed, so a base model
 * is fully described by this table and nothing has to be downloaded. The vocabulary is the 256 byte
 * values followed by special tokens.
 */
import type { BaseModelInfo } from './engine.js';
import { userError } from './engine-error.js';

/** Token ids above the 256 byte values; the last one is reserved so that the size is a multiple of four. */
export const SPECIAL_TOKENS = {
  '<|bos|>': 256,
  '<|eos|>': 257,
  '<|pad|>': 258,
  '<|reserved|>': 259,
} as const;

/** Number of token ids of every local base model. */
export const VOCAB_SIZE = 260;

/** The shape of a decoder; everything that decides what its weights and gradients look like. */
export interface DecoderConfig {
  readonly name: string;
  readonly maxContextLength: number;
  readonly vocabSize: number;
  /** Width of the residual stream. */
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Key and value heads; each serves `heads / kvHeads` query heads. */
  readonly kvHeads: number;
  readonly headWidth: number;
  /** Width of the gated MLP. */
  readonly mlpWidth: number;
  /** Whether the unembedding is the embedding table itself. */
  readonly tiedUnembedding: boolean;
  readonly ropeBase: number;
  readonly normEps: number;
  /** Seed of the frozen weights. */
  readonly seed: number;
}

const COMMON = { vocabSize: VOCAB_SIZE, ropeBase: 10_000, normEps: 1e-5 } as const;

/** The models on offer, smallest first. */
export const BASE_MODELS: readonly DecoderConfig[] = [
  {
    ...COMMON, name: 'local/tiny', maxContextLength: 512, width: 64, layers: 2,
    heads: 4, kvHeads: 2, headWidth: 16, mlpWidth: 192, tiedUnembedding: true, seed: 64_002,
  },
  {
    ...COMMON, name: 'local/small', maxContextLength: 1024, width: 128, layers: 4,
    heads: 4, kvHeads: 2, headWidth: 32, mlpWidth: 384, tiedUnembedding: false, seed: 128_004,
  },
  {
    ...COMMON, name: 'local/base', maxContextLength: 512, width: 256, layers: 6,
    heads: 8, kvHeads: 4, headWidth: 32, mlpWidth: 768, tiedUnembedding: false, seed: 256_006,
  },
];

/** The same table as the server publishes it. */
export function baseModelInfos(models: readonly DecoderConfig[]): BaseModelInfo[] {
  return models.map(({ name, maxContextLength, vocabSize, width, layers }) => (
    { name, maxContextLength, vocabSize, width, layers }
  ));
}

/** Finds a base model by name; the error lists the names that exist. */
export function findBaseModel(models: readonly DecoderConfig[], name: string): DecoderConfig {
  const found = models.find((model) => model.name === name);
  if (found === undefined) {
    const known = models.map((model) => model.name).join(', ');
    throw userError(`Unknown base model "${name}". This server offers: ${known}.`);
  }
  return found;
}
