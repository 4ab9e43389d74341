/** What the server asks of the engine's sampling side, and what it gets (wire protocol §2.6, §5.5, §9.6). */

/** The weights that a sample is drawn with; they never change. */
export interface SamplerWeights {
  /** One of the names in `Engine.baseModels()`. */
  readonly baseModel: string;
  /** The adapter on it; undefined for the base model itself. */
  readonly adapter: SavedAdapter | undefined;
}

/** An adapter in a checkpoint. */
export interface SavedAdapter {
  /** The folder of the checkpoint. */
  readonly directory: string;
  /** SHA-256 of the adapter's file, in hexadecimal: what is sampled from is known by its content. */
  readonly sha256: string;
}

/** What is to be drawn; checked by the caller. */
export interface SampleWork {
  /** At least one token, all within the vocabulary; with `maxTokens` not longer than the context. */
  readonly prompt: Int32Array;
  readonly numSamples: number;
  readonly maxTokens: number;
  /** 0 takes the likeliest token always. */
  readonly temperature: number;
  /** Draws among this many of the likeliest tokens; -1 among all. */
  readonly topK: number;
  /** Draws among the likeliest tokens that together have this probability. */
  readonly topP: number;
  /** 64 bits. Sequence i draws from a stream of its own, fixed by the seed and i. */
  readonly seed: bigint;
  /** A sequence ends after any of these runs of tokens; the end-of-sequence token is not among them, it ends all. */
  readonly stops: readonly Int32Array[];
  readonly promptLogprobs: boolean;
  /** How many of the likeliest tokens are given for each place of the prompt; 0 for none. */
  readonly topkPromptLogprobs: number;
}

/** One sequence that was drawn. */
export interface SampledTokens {
  /** What ended the sequence is part of it. */
  readonly tokens: Int32Array<ArrayBuffer>;
  /**
   * Log-probabilities of the tokens in the model's own distribution, before temperature, top-k and
   * top-p: those that a forward pass with the same weights gives.
   */
  readonly logprobs: Float32Array<ArrayBuffer>;
  readonly stopReason: 'stop' | 'length';
}

/** A token that could have stood in a place, with its log-probability. */
export type LikelyToken = readonly [token: number, logprob: number];

/** What was drawn. */
export interface SampleOutput {
  readonly sequences: readonly SampledTokens[];
  /** Log-probability of each token of the prompt given those before it; the first has none and is NaN. */
  readonly promptLogprobs: Float32Array<ArrayBuffer> | undefined;
  /** The likeliest tokens for each place of the prompt, likeliest first; null for the first place. */
  readonly topkPromptLogprobs: readonly (readonly LikelyToken[] | null)[] | undefined;
  /** Tokens of the prompt whose keys and values were still known from an earlier sample. */
  readonly promptCacheHitTokens: number;
}
