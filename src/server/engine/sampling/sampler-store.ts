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

/** Most memory that is kept for merged weights when nothing samples from them. */
export const MOST_KEPT_BYTES = 256 * 1024 * 1024;

/** Weights ready to be sampled from. */
export interface LoadedSampler {
  readonly model: TokenModel;
  readonly prompts: PromptCache;
  readonly bytes: number;
}

/** Loads weights; those used last stay. */
export class SamplerStore {
  readonly #baseModels: readonly DecoderConfig[];
  readonly #mostKeptBytes: number;
  readonly #bases = new Map<string, BaseWeights>();
  /** In order of last use. */
  readonly #loaded = new Map<string, Promise<LoadedSampler>>();
  readonly #sizes = new Map<string, number>();

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
    const loading = this.#loaded.get(key) ?? this.#load(weights);
    this.#loaded.delete(key);
    this.#loaded.set(key, loading);
    try {
      const sampler = await loading;
      this.#sizes.set(key, sampler.bytes);
      this.#makeRoom(key);
      return sampler;
    } catch (thrown) {
      this.#loaded.delete(key);
      throw thrown;
    }
  }

  /** Gives the memory of an adapter's weights back. */
  forget(sha256: string): void {
    this.#drop(sha256);
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

  #makeRoom(used: string): void {
    let sum = [...this.#sizes.values()].reduce((total, bytes) => total + bytes, 0);
    for (const key of this.#loaded.keys()) {
      if (sum <= this.#mostKeptBytes) return;
      if (key === used) continue;
      sum -= this.#sizes.get(key) ?? 0;
      this.#drop(key);
    }
  }

  #drop(key: string): void {
    this.#loaded.delete(key);
    this.#sizes.delete(key);
  }
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
