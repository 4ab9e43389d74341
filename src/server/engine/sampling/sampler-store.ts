/** The weights that are sampled from, made ready when they are first needed and kept as long as there is room. */
import { checkpointName } from '../../checkpoints/checkpoint-name.js';
import { readManifest } from '../../checkpoints/manifest.js';
import { readCheckpoint } from '../../checkpoints/read-checkpoint.js';
import { adapterLayout } from '../adapter-layout.js';
import { findBaseModel } from '../base-models.js';
import type { DecoderConfig } from '../base-models.js';
import { makeBaseWeights } from '../base-weights.js';
import type { BaseWeights } from '../base-weights.js';
import { userError } from '../engine-error.js';
import { adapterSha256 } from './adapter-hash.js';
import { mergeAdapter, ownBytes } from './merged-weights.js';
import { PromptCache } from './prompt-cache.js';
import type { SamplerWeights, SavedAdapter } from './sampling.js';
import { TokenModel } from './token-model.js';

/** Most memory that is kept for merged weights and their prompts when nothing samples from them. */
export const MOST_KEPT_BYTES = 256 * 1024 * 1024;

/** Weights ready to be sampled from. */
export interface LoadedSampler {
  readonly model: TokenModel;
  readonly prompts: PromptCache;
  /** Of the weights alone. */
  readonly bytes: number;
}

interface Kept {
  readonly loading: Promise<LoadedSampler>;
  ready: LoadedSampler | undefined;
}

/** Loads weights; those used last stay. */
export class SamplerStore {
  readonly #baseModels: readonly DecoderConfig[];
  readonly #mostKeptBytes: number;
  readonly #bases = new Map<string, BaseWeights>();
  /** In order of last use. */
  readonly #kept = new Map<string, Kept>();

  constructor(baseModels: readonly DecoderConfig[], mostKeptBytes = MOST_KEPT_BYTES) {
    this.#baseModels = baseModels;
    this.#mostKeptBytes = mostKeptBytes;
  }

  /**
   * Weights ready to be sampled from.
   * @throws EngineError when the checkpoint is gone, damaged, or of another base model
   */
  async load(weights: SamplerWeights): Promise<LoadedSampler> {
    const key = weights.adapter?.sha256 ?? weights.baseModel;
    const kept: Kept = this.#kept.get(key) ?? { loading: this.#load(weights), ready: undefined };
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    try {
      kept.ready = await kept.loading;
      this.#makeRoom(kept);
      return kept.ready;
    } catch (thrown) {
      if (this.#kept.get(key) === kept) this.#kept.delete(key);
      throw thrown;
    }
  }

  /** Gives the memory of an adapter's weights back. */
  forget(sha256: string): void {
    this.#kept.delete(sha256);
  }

  async #load({ baseModel, adapter }: SamplerWeights): Promise<LoadedSampler> {
    const config = findBaseModel(this.#baseModels, baseModel);
    const base = this.#base(config);
    const weights = adapter === undefined ? base : await withAdapter(config, base, adapter);
    return { model: new TokenModel(config, weights), prompts: new PromptCache(config), bytes: ownBytes(weights, base) };
  }

  #base(config: DecoderConfig): BaseWeights {
    const found = this.#bases.get(config.name) ?? makeBaseWeights(config);
    this.#bases.set(config.name, found);
    return found;
  }

  #makeRoom(used: Kept): void {
    let sum = [...this.#kept.values()].reduce((total, kept) => total + bytesOf(kept), 0);
    for (const [key, kept] of this.#kept) {
      if (sum <= this.#mostKeptBytes) return;
      if (kept === used || kept.ready === undefined) continue;
      sum -= bytesOf(kept);
      this.#kept.delete(key);
    }
  }
}

/** What is being loaded counts when it is there. */
function bytesOf({ ready }: Kept): number {
  return ready === undefined ? 0 : ready.bytes + ready.prompts.bytes;
}

async function withAdapter(config: DecoderConfig, base: BaseWeights, { directory, sha256 }: SavedAdapter): Promise<BaseWeights> {
  const manifest = await readManifest(directory);
  if (adapterSha256(manifest) !== sha256) {
    throw userError(`Checkpoint "${checkpointName(directory)}" was replaced since sampling from it began. Create a new sampling client.`);
  }
  if (manifest.baseModel !== config.name) {
    throw userError(`Architecture mismatch: the checkpoint is of ${manifest.baseModel}, not of ${config.name}. Sample with base model ${manifest.baseModel}.`);
  }
  const layout = adapterLayout(config, manifest.lora);
  const { adapter } = await readCheckpoint(directory, manifest, layout.tensors, { optimizer: false });
  return mergeAdapter(base, layout, manifest.lora.rank, adapter);
}
