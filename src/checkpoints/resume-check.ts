import { checkResumeOptions, type ResumeCheckOptions } from './resume-options.js';
import { logprobsOf, probeBatch, type Logprobs } from './resume-probe.js';
import { judgeResume, type Probe, type ResumeFindings } from './resume-verdict.js';
import type { ServiceClient } from '../service-client.js';
import type { TrainingClient } from '../training-client.js';
import { asSentence, toTinkerError, type TinkerError } from '../types/errors.js';

/** What a resume check has found. */
export interface ResumeCheckReport extends ResumeFindings {
  /** The base model that was trained. */
  readonly baseModel: string;
  /** Path of the checkpoint that was saved and loaded; deleted again. */
  readonly checkpoint: string;
  /** Ids of models and paths of checkpoints that could not be removed again. */
  readonly leftBehind: readonly string[];
}

const probeStep = 0;
const lossFn = 'cross_entropy';
// Should we be killed before it is deleted.
const ttlSeconds = 3600;
const patienceMs = 30_000;
/** Beside the first steps: make a model, save, probe, twice restore and probe, clean up. */
const otherParts = 8;

/**
 * Proves on a server whether a resumed run goes on as if nothing had happened: trains a small adapter, saves
 * it, and takes one probe step three ways, uninterrupted, resumed with the optimizer's state, and resumed
 * with the weights only. Models and checkpoint are removed again, also when it fails.
 * @throws TinkerError `validation` on a bad option; else what the calls reject with
 */
export async function resumeCheck(options: ResumeCheckOptions): Promise<ResumeCheckReport> {
  const check = new Check(checkResumeOptions(options));
  try {
    return await check.run();
  } catch (thrown) {
    await check.cleanUp();
    throw check.explained(toTinkerError(thrown));
  }
}

type Settings = ReturnType<typeof checkResumeOptions>;

class Check {
  readonly #settings: Settings;
  readonly #service: ServiceClient;
  readonly #models = new Set<TrainingClient>();
  readonly #checkpoints = new Set<string>();
  readonly #leftBehind: string[] = [];
  #done = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#service = settings.service;
  }

  async run(): Promise<ResumeCheckReport> {
    const { baseModel, rank, seed, firstSteps, limits, name } = this.#settings;
    const training = await this.#part('make a model', () => this.#service.createLoraTrainingClient({ baseModel, rank, seed, ...limits }));
    this.#models.add(training);
    // The first step sees the probe batch, so that it is known what the fresh adapter makes of it.
    const untrained = await this.#part('train', () => this.#step(training, probeStep));
    for (let step = 1; step < firstSteps; step += 1) await this.#part('train', () => this.#step(training, step));
    const { path } = await this.#part('save', () => training.saveState(name, { ttlSeconds, ...limits }));
    this.#checkpoints.add(path);
    const uninterrupted = await this.#part('probe without interruption', () => this.#probe(training));
    await this.#drop(training);
    const withOptimizer = await this.#resumed('resume with the optimizer', path, true);
    const weightsOnly = await this.#resumed('resume with the weights only', path, false);
    const findings = judgeResume({ untrained, uninterrupted, withOptimizer, weightsOnly });
    await this.#part('clean up', () => this.cleanUp());
    return { ...findings, baseModel, checkpoint: path, leftBehind: this.#leftBehind };
  }

  /** Never rejects; what was removed is not tried again. */
  async cleanUp(): Promise<void> {
    for (const training of this.#models) await this.#drop(training);
    const rest = this.#service.createRestClient();
    for (const path of this.#checkpoints) {
      this.#checkpoints.delete(path);
      await rest.deleteCheckpointFromTinkerPath(path, { timeoutMs: patienceMs }).catch(() => this.#leftBehind.push(path));
    }
  }

  /** Says what could not be removed. */
  explained(error: TinkerError): TinkerError {
    if (this.#leftBehind.length === 0) return error;
    return error.with({}, `${asSentence(error.message)} Left behind, since the server did not remove it: ${this.#leftBehind.join(', ')}`);
  }

  async #resumed(part: string, path: string, loadOptimizer: boolean): Promise<Probe> {
    const { limits } = this.#settings;
    const training = await this.#part(part, () => this.#service.createTrainingClientFromState(path, { loadOptimizer, ...limits }));
    this.#models.add(training);
    const probe = await this.#part(`${part}: probe`, () => this.#probe(training));
    await this.#drop(training);
    return probe;
  }

  async #probe(training: TrainingClient): Promise<Probe> {
    const before = await this.#step(training, probeStep);
    return { before, after: logprobsOf(await training.forwardBackward(probeBatch(probeStep), lossFn, undefined, this.#settings.limits)) };
  }

  /** Gives the log-probabilities as they were before the step. */
  async #step(training: TrainingClient, step: number): Promise<Logprobs> {
    const { learningRate, limits } = this.#settings;
    return logprobsOf(await training.step(probeBatch(step), lossFn, { learningRate }, limits));
  }

  /** Servers may have room for few models at a time, so each goes as soon as it was asked. */
  async #drop(training: TrainingClient): Promise<void> {
    this.#models.delete(training);
    await training.unload({ timeoutMs: patienceMs }).catch(() => this.#leftBehind.push(training.modelId));
  }

  async #part<A>(part: string, run: () => PromiseLike<A>): Promise<A> {
    const { firstSteps, onProgress } = this.#settings;
    const total = firstSteps + otherParts;
    onProgress({ done: this.#done, total, part });
    const result = await run();
    this.#done += 1;
    onProgress({ done: this.#done, total, part });
    return result;
  }
}
