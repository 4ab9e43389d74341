import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeManifest, MANIFEST_FILE, readManifest } from '../../src/server/checkpoints/manifest.js';
import { userError } from '../../src/server/engine/engine-error.js';
import type {
  CheckpointMeta,
  Engine,
  LoadResult,
  ModelSpec,
  OptimStepResult,
  PassResult,
  SaveResult,
  TrainingDatum,
} from '../../src/server/engine/engine.js';

const timings = { serialiseMs: 0, hashMs: 0, writeMs: 0, syncMs: 0, readMs: 0, restoreMs: 0, totalMs: 0 };

/** An engine that computes nothing: it notes its calls, and can be held up. */
export class FakeEngine implements Engine {
  /** For example `optimStep s:train:0`. */
  readonly calls: string[] = [];
  /** The next calls fail with these. */
  readonly failures: Error[] = [];
  readonly #models = new Map<string, ModelSpec>();
  #gate: Promise<void> = Promise.resolve();

  /** Holds up every call that begins from now on; the function returned lets them go on. */
  hold(): () => void {
    let release: () => void = () => undefined;
    this.#gate = new Promise((resolve) => (release = resolve));
    return release;
  }

  baseModels(): ReturnType<Engine['baseModels']> {
    return [{ name: 'fake/one', maxContextLength: 8, vocabSize: 16, width: 4, layers: 1 }];
  }

  async createModel(modelId: string, spec: ModelSpec): Promise<void> {
    await this.#call('createModel', modelId);
    if (spec.baseModel !== 'fake/one') throw userError(`Unknown base model "${spec.baseModel}"`);
    this.#models.set(modelId, spec);
  }

  async unloadModel(modelId: string): Promise<void> {
    await this.#call('unloadModel', modelId);
    this.#models.delete(modelId);
  }

  async forward(modelId: string, data: readonly TrainingDatum[]): Promise<PassResult> {
    await this.#call('forward', modelId);
    return passOf(data);
  }

  async forwardBackward(modelId: string, data: readonly TrainingDatum[]): Promise<PassResult> {
    await this.#call('forwardBackward', modelId);
    return passOf(data);
  }

  async optimStep(modelId: string): Promise<OptimStepResult> {
    await this.#call('optimStep', modelId);
    return { gradNorm: 0.5, step: this.calls.filter((call) => call === `optimStep ${modelId}`).length };
  }

  async saveCheckpoint(modelId: string, directory: string, meta: CheckpointMeta): Promise<SaveResult> {
    await this.#call('saveCheckpoint', modelId);
    const spec = this.#models.get(modelId);
    if (spec === undefined) throw userError(`Model ${modelId} is not loaded`);
    const { parentRun, createdAt, expiresAt, kind } = meta;
    await mkdir(directory, { recursive: true });
    const lora = { ...spec.lora, alpha: 32 };
    const facts = { baseModel: spec.baseModel, lora, step: 1, parentRun, createdAt, expiresAt, files: [] };
    await writeFile(join(directory, MANIFEST_FILE), encodeManifest({ formatVersion: 1, kind: kind === 'sampler_weights' ? 'sampler' : 'training', ...facts }));
    return { sizeBytes: 0, timings };
  }

  async loadCheckpoint(modelId: string, directory: string, options: { optimizer: boolean }): Promise<LoadResult> {
    await this.#call('loadCheckpoint', modelId);
    const { step } = await readManifest(directory);
    return { step: options.optimizer ? step : 0, timings };
  }

  async close(): Promise<void> {
    await this.#call('close', '');
  }

  async #call(name: string, modelId: string): Promise<void> {
    this.calls.push(`${name} ${modelId}`.trim());
    const failure = this.failures.shift();
    await this.#gate;
    if (failure !== undefined) throw failure;
  }
}

function passOf(data: readonly TrainingDatum[]): PassResult {
  return { logprobs: data.map(({ tokens }) => new Float32Array(tokens.length).fill(-0.5)), lossSum: 0.5 * data.length };
}
