/** Prompts whose keys and values are still there, for the samples that begin in the same way. */
import type { DecoderConfig } from '../base-models.js';
import { KvCache } from './kv-cache.js';

/** How many prompts are kept per set of weights. */
const MOST_PROMPTS = 4;

interface KnownPrompt {
  readonly tokens: Int32Array;
  readonly cache: KvCache;
}

/** The latest prompts of one set of weights. */
export class PromptCache {
  readonly #config: DecoderConfig;
  /** The one used last stands last. */
  #prompts: KnownPrompt[] = [];

  constructor(config: DecoderConfig) {
    this.#config = config;
  }

  /**
   * Begins a cache for a prompt with as much as is known of it, its last token excepted: reading
   * that one gives the distribution that the sample begins with.
   */
  begin(tokens: Int32Array): { readonly cache: KvCache; readonly known: number } {
    let best: KnownPrompt | undefined;
    let known = 0;
    for (const prompt of this.#prompts) {
      const common = Math.min(commonLength(prompt.tokens, tokens), tokens.length - 1);
      if (common > known) [best, known] = [prompt, common];
    }
    return best === undefined ? { cache: new KvCache(this.#config), known } : { cache: best.cache.copy(this.#config, known), known };
  }

  /** Memory of all that is kept. */
  get bytes(): number {
    return this.#prompts.reduce((sum, { tokens, cache }) => sum + tokens.byteLength + cache.bytes, 0);
  }

  /** Keeps a prompt that was read to its end; its cache is not to be changed any more. */
  keep(tokens: Int32Array, cache: KvCache): void {
    const others = this.#prompts.filter((prompt) => commonLength(prompt.tokens, tokens) < prompt.tokens.length);
    this.#prompts = [...others, { tokens, cache }].slice(-MOST_PROMPTS);
  }
}

function commonLength(left: Int32Array, right: Int32Array): number {
  const most = Math.min(left.length, right.length);
  let length = 0;
  while (length < most && left[length] === right[length]) length += 1;
  return length;
}
