import { readManifest } from '../../src/server/checkpoints/manifest.js';
import { writeCheckpoint } from '../../src/server/checkpoints/write-checkpoint.js';
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
import { cancelled } from '../../src/server/engine/sampling/cancelled.js';
import type { SampleOutput, SamplerWeights, SampleWork } from '../../src/server/engine/sampling/sampling.js';

const timings = { serialiseMs: 0, hashMs: 0, writeMs: 0, syncMs: 0, readMs: 0, restoreMs: 0, totalMs: 0 };

/** An engine that computes nothing: it notes its calls, and can be held up. */
export class FakeEngine implements Engine {
  /** For example `optimStep s:train:0`. */
  readonly calls: string[] = [];
  /** The next calls fail with these. */
  readonly failures: Error[] = [];
  /** What was to be drawn. */
  readonly samples: { readonly weights: SamplerWeights; readonly work: SampleWork }[] = [];
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
    const values = new Float32Array([1, 2]);
    const adapter = [{ name: 'lora', shape: [2], values }];
    const moments = [{ first: values, second: values }];
    const state = { ...spec, loraAlpha: 32, targetModules: ['q_proj'], step: 1, adapter, moments };
    const { sizeBytes } = await writeCheckpoint(directory, state, meta);
    return { sizeBytes, timings };
  }

  async loadCheckpoint(modelId: string, directory: string, options: { optimizer: boolean }): Promise<LoadResult> {
    await this.#call('loadCheckpoint', modelId);
    const { step } = await readManifest(directory);
    return { step: options.optimizer ? step : 0, timings };
  }

  /** Draws the tokens 1, 2, 3 … up to the limit, each with the log-probability -0.25. */
  async sample(weights: SamplerWeights, work: SampleWork, signal?: AbortSignal): Promise<SampleOutput> {
    this.samples.push({ weights, work });
    const aborted = new Promise<never>((_, reject) => signal?.addEventListener('abort', () => { reject(cancelled()); }));
    await Promise.race([this.#call('sample', weights.baseModel), aborted]);
    const { maxTokens, numSamples, prompt } = work;
    const tokens = Int32Array.from({ length: maxTokens }, (_, index) => index + 1);
    const logprobs = new Float32Array(maxTokens).fill(-0.25);
    return {
      sequences: Array.from({ length: numSamples }, () => ({ tokens, logprobs, stopReason: 'length' })),
      promptLogprobs: work.promptLogprobs ? Float32Array.from(prompt, (_, index) => (index === 0 ? Number.NaN : -0.5)) : undefined,
      topkPromptLogprobs: work.topkPromptLogprobs > 0 ? Array.from(prompt, (token, index) => (index === 0 ? null : [[token, -0.5]])) : undefined,
      promptCacheHitTokens: 0,
    };
  }

  forgetAdapter(sha256: string): void {
    this.calls.push(`forgetAdapter ${sha256}`);
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
