/**
 * The engine's work, without threads: models by id, passes, optimizer steps, checkpoints.
 *
 * It lives inside the worker. Each method either does all it says or throws an `EngineError` and
 * leaves the model as it was. Methods are not to be overlapped; the host sends one call at a time.
 */
import { readManifest } from '../checkpoints/manifest.js';
import type { CheckpointManifest } from '../checkpoints/manifest.js';
import { readCheckpoint } from '../checkpoints/read-checkpoint.js';
import { writeCheckpoint } from '../checkpoints/write-checkpoint.js';
import { findBaseModel } from './base-models.js';
import type { DecoderConfig } from './base-models.js';
import { checkAdam, checkClip, checkData, checkLora } from './checks.js';
import { floats, lossOnDevice, onDevice, startDevice } from './device.js';
import type {
  AdamSettings, CheckpointMeta, ClipBounds, LoadResult, LoraSettings, LossName, ModelSpec, OptimStepResult, PassResult, SaveResult, TrainingDatum,
} from './engine.js';
import { userError } from './engine-error.js';
import { DEFAULT_CLIP, LOSS_NAMES, lossSum } from './losses.js';
import { planMicrobatches } from './microbatches.js';
import type { Microbatch } from './microbatches.js';
import { addInto, Model } from './model.js';
import { PassCache } from './passes.js';

/** All models of one engine. */
export class Trainer {
  readonly #baseModels: readonly DecoderConfig[];
  readonly #models = new Map<string, Model>();
  readonly #cache = new PassCache();
  #ready: Promise<void> | undefined;

  constructor(baseModels: readonly DecoderConfig[]) {
    this.#baseModels = baseModels;
  }

  /** Starts the device; called before the first model and harmless afterwards. */
  async prepare(): Promise<void> {
    this.#ready ??= startDevice();
    await this.#ready;
  }

  async createModel(modelId: string, spec: ModelSpec): Promise<void> {
    if (this.#models.has(modelId)) throw userError(`Model "${modelId}" exists already. Unload it first, or choose another id.`);
    const config = findBaseModel(this.#baseModels, spec.baseModel);
    checkLora(spec.lora);
    await this.prepare();
    this.#models.set(modelId, new Model(config, spec.lora));
  }

  unloadModel(modelId: string): void {
    this.#model(modelId).dispose();
    this.#models.delete(modelId);
  }

  forward(modelId: string, data: readonly TrainingDatum[], lossFn: LossName, clip?: ClipBounds): PassResult {
    const model = this.#model(modelId);
    const bounds = checkCall(model, data, lossFn, clip);
    const passes = this.#cache.passes(model.config, model.layout, model.lora);
    const base = this.#cache.base(model.config);
    const outputs = planMicrobatches(data).map((batch) => ({
      batch,
      logprobs: floats(passes.forward(model.deviceAdapter(), base.inputs(batch.length), onDevice(batch))),
    }));
    return collect(data, outputs, lossFn, bounds);
  }

  forwardBackward(modelId: string, data: readonly TrainingDatum[], lossFn: LossName, clip?: ClipBounds): PassResult {
    const model = this.#model(modelId);
    const bounds = checkCall(model, data, lossFn, clip);
    const passes = this.#cache.passes(model.config, model.layout, model.lora);
    const base = this.#cache.base(model.config);
    // The call's own sum first, so that a failure half way leaves the accumulated gradient alone.
    let sum: Float32Array[] | undefined;
    const outputs = planMicrobatches(data).map((batch) => {
      const loss = lossOnDevice(batch, lossFn, bounds);
      const result = passes.forwardBackward(model.deviceAdapter(), base.inputs(batch.length), onDevice(batch), loss);
      const gradients = result.gradients.map(floats);
      if (sum === undefined) sum = gradients;
      else addInto(sum, gradients);
      return { batch, logprobs: floats(result.logprobs) };
    });
    const collected = collect(data, outputs, lossFn, bounds);
    if (sum !== undefined) model.accumulate(sum);
    return collected;
  }

  optimStep(modelId: string, adam: AdamSettings): OptimStepResult {
    const model = this.#model(modelId);
    checkAdam(adam);
    return model.optimStep(adam);
  }

  async saveCheckpoint(modelId: string, directory: string, meta: CheckpointMeta): Promise<SaveResult> {
    return writeCheckpoint(directory, this.#model(modelId).trainingState(), meta);
  }

  async loadCheckpoint(modelId: string, directory: string, options: { readonly optimizer: boolean }): Promise<LoadResult> {
    const model = this.#model(modelId);
    const manifest = await readManifest(directory);
    checkFits(manifest, model.config, model.lora);
    const contents = await readCheckpoint(directory, manifest, model.layout.tensors, options);
    const { moments, step, timings } = contents;
    model.restore(contents.adapter, moments === undefined ? undefined : { moments, step });
    return { step: model.step, timings };
  }

  #model(modelId: string): Model {
    const found = this.#models.get(modelId);
    if (found === undefined) throw userError(`Model "${modelId}" is not loaded. Create it, or create a model from a checkpoint of it.`);
    return found;
  }
}

/** Refuses what cannot be computed; gives the bounds that apply. */
function checkCall(model: Model, data: readonly TrainingDatum[], lossFn: LossName, clip: ClipBounds | undefined): ClipBounds {
  if (!LOSS_NAMES.includes(lossFn)) throw userError(`Unknown loss function "${lossFn}". This server computes: ${LOSS_NAMES.join(', ')}.`);
  const bounds = clip ?? DEFAULT_CLIP[lossFn] ?? { low: 0, high: Infinity };
  checkClip(bounds);
  checkData(model.config, data, lossFn);
  return bounds;
}

function checkFits(manifest: CheckpointManifest, config: DecoderConfig, lora: LoraSettings): void {
  if (manifest.baseModel !== config.name) {
    throw userError(
      `Architecture mismatch: checkpoint is of ${manifest.baseModel}, model is ${config.name}. Create the model with base model ${manifest.baseModel} and load again.`,
    );
  }
  if (manifest.lora.rank !== lora.rank) {
    throw userError(
      `Rank mismatch: checkpoint has rank ${manifest.lora.rank}, model configured with rank ${lora.rank}. Create the model with rank ${manifest.lora.rank} and load again.`,
    );
  }
  const names = [['train_attn', 'trainAttn'], ['train_mlp', 'trainMlp'], ['train_unembed', 'trainUnembed']] as const;
  for (const [wireName, key] of names) {
    if (manifest.lora[key] !== lora[key]) {
      throw userError(
        `Adapter mismatch: checkpoint has ${wireName} ${manifest.lora[key]}, model configured with ${wireName} ${lora[key]}. Create the model with ${wireName} ${manifest.lora[key]} and load again.`,
      );
    }
  }
}

function collect(
  data: readonly TrainingDatum[],
  outputs: readonly { batch: Microbatch; logprobs: Float32Array }[],
  lossFn: LossName,
  clip: ClipBounds,
): PassResult {
  const logprobs = data.map(({ tokens }) => new Float32Array(tokens.length));
  for (const { batch, logprobs: padded } of outputs) {
    batch.datums.forEach((index, row) => {
      const target = logprobs[index];
      target?.set(padded.subarray(row * batch.length, row * batch.length + target.length));
    });
  }
  const sum = lossSum(lossFn, clip, data, logprobs);
  if (Number.isFinite(sum)) return { logprobs, lossSum: sum };
  const hasDiverged = logprobs.some((row) => !row.every(Number.isFinite));
  throw userError(
    hasDiverged
      ? 'The loss is not finite: the adapter has diverged. Nothing was accumulated; load an earlier checkpoint and use a lower learning rate.'
      : "The loss is not finite, though the model's log-probabilities are: those given are too far from them, or the weights or advantages too large. " +
        'Nothing was accumulated; send others.',
  );
}
