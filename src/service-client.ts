import { getServerCapabilities, healthz } from './api/service.js';
import { resolveConfig, type ServiceClientOptions } from './config.js';
import { checkText } from './service/check-settings.js';
import { orderModel } from './service/create-model.js';
import { journaled, type ModelFacts } from './service/journaled.js';
import type { ServiceActor } from './machines/service-machine.js';
import { checkFromState, checkLora, type LoraTrainingOptions } from './service/model-options.js';
import { RestClient } from './rest-client.js';
import { restoreTrainingClient, type FromStateOptions } from './service/restore.js';
import { created, resumeFrom } from './service/resume.js';
import type { ResumedTraining, ResumeOptions } from './service/resume-result.js';
import { Runtime } from './service/runtime.js';
import type { SamplingClient } from './sampling-client.js';
import { createSamplingClient } from './sampling/sampling-create.js';
import type { CreateSamplingClientOptions } from './sampling/sampling-options.js';
import type { ServiceSnapshot } from './service/service-snapshot.js';
import { TrainingClient } from './training-client.js';
import { orThrow } from './calls/check-options.js';
import type { Journaled } from './training/training-calls.js';
import { invalid } from './types/errors.js';
import type { TelemetryState } from './telemetry/telemetry.js';
import { parseTrainingPath, type LoadablePath } from './types/ids.js';
import type { Health, ServerCapabilities } from './types/service.js';
import { checkWait, type WaitOptions } from './calls/wait.js';

/**
 * The entry point: one session with a server. Nothing is sent before the first call; the session is
 * opened with it and kept alive until {@link ServiceClient.close}.
 *
 * @example
 * await using service = new ServiceClient({ baseUrl, apiKey });
 * const training = await service.createLoraTrainingClient({ baseModel: 'local/tiny' });
 */
export class ServiceClient {
  readonly #runtime: Runtime;

  /** @throws TinkerError `validation` on a bad option or environment value; it names which */
  constructor(options: ServiceClientOptions = {}) {
    this.#runtime = new Runtime(resolveConfig(options));
  }

  /** The root of all xstate actors of this service, for inspection. */
  get actor(): ServiceActor {
    return this.#runtime.actor;
  }

  /** How the service is at this moment, as plain data: its session, billing pauses, open clients. */
  getSnapshot(): ServiceSnapshot {
    return this.#runtime.snapshot();
  }

  /**
   * Whether the server answers; needs no session.
   * @throws TinkerError `connection` or `timeout` when it does not within the limits
   */
  async healthCheck(options: WaitOptions = {}): Promise<Health> {
    return this.#runtime.ask('healthCheck', options, healthz, undefined);
  }

  /** What the server offers. Needs no session. */
  getServerCapabilities(options: WaitOptions = {}): Promise<ServerCapabilities> {
    return this.#runtime.ask('getServerCapabilities', options, getServerCapabilities, undefined);
  }

  /** A client for questions about runs and checkpoints. Needs no session. */
  createRestClient(): RestClient {
    return new RestClient(this.#runtime);
  }

  /**
   * Creates a model with a fresh LoRA adapter and a client that trains it.
   * @throws TinkerError `validation` before anything is sent; `requestFailed` when the server refuses
   */
  async createLoraTrainingClient(options: LoraTrainingOptions): Promise<TrainingClient> {
    checkWait(options, 'createLoraTrainingClient');
    const { baseModel, userMetadata, extraBody, ...lora } = checkLora(options);
    const create = () =>
      journaled(this.#runtime, { model: { baseModel, userMetadata, ...lora } }, async (made) => {
        const { sessionId } = await this.#runtime.session();
        const modelId = await orderModel(this.#runtime, sessionId, { baseModel, userMetadata, loraConfig: lora }, extraBody);
        return this.#trainingClient(modelId, undefined, made);
      });
    return this.#runtime.within('createLoraTrainingClient', options, create, takeBack);
  }

  /**
   * Creates a model like the one that a checkpoint was saved from, loads the checkpoint into it, and
   * gives a client that trains it. When a step fails, the client is stopped and the model unloaded.
   * @param path `tinker://RUN/weights/NAME`
   * @throws TinkerError `validation` on a bad argument, `restoreFailed` naming the step that failed
   */
  async createTrainingClientFromState<P extends string>(path: LoadablePath<P>, options: FromStateOptions = {}): Promise<TrainingClient> {
    const { path: checkedPath } = orThrow(parseTrainingPath(path));
    checkWait(options, 'createTrainingClientFromState');
    const checked = checkFromState(options);
    const { baseModel, userMetadata, loadOptimizer } = checked;
    const facts: ModelFacts = {
      model: { baseModel, userMetadata, origin: checkedPath },
      checkpoint: { type: 'checkpoint', path: checkedPath, step: 0, optimizer: loadOptimizer, isLoad: true },
    };
    const restore = () =>
      journaled(this.#runtime, facts, async (made) => {
        const session = await this.#runtime.session();
        return restoreTrainingClient(this.#runtime, session, checkedPath, checked, (modelId) => this.#trainingClient(modelId, checkedPath, made));
      });
    return this.#runtime.within('createTrainingClientFromState', options, restore, takeBack);
  }

  /** As {@link ServiceClient.createTrainingClientFromState}, with the optimizer's state. */
  createTrainingClientFromStateWithOptimizer<P extends string>(
    path: LoadablePath<P>,
    options: Omit<FromStateOptions, 'loadOptimizer'> = {},
  ): Promise<TrainingClient> {
    return this.createTrainingClientFromState(path, { ...options, loadOptimizer: true });
  }

  /**
   * Goes on with a training client of a process that is gone, by the journal that it kept (see the option `journal`): with
   * the same model where it lives on the server and holds what the journal says, else with the last checkpoint and its
   * optimizer. What was under way is asked for, and what may not have arrived is sent again as the same request, so that
   * nothing is executed twice; see {@link ResumedTraining} for what the trainer is told. To be called before anything else
   * opens a session.
   * @param where the journal's file, or a folder with one journal that is not over; default the service's own `journal`
   * @throws TinkerError `journal` when there is nothing to go on with, when the journal is in use, damaged, or of a newer
   *   version; `restoreFailed` when no checkpoint can be loaded
   */
  async resumeTrainingClient(where?: string, options: ResumeOptions = {}): Promise<ResumedTraining> {
    checkWait(options, 'resumeTrainingClient');
    const path = checkText('where', where ?? this.#runtime.config.journal);
    if (path === undefined) throw invalid('where', where, 'the path of a journal or its folder, or the option journal of the ServiceClient');
    const { orCreate } = options;
    if (orCreate !== undefined) checkLora(orCreate);
    const go = async () => {
      const resumed = await resumeFrom(this.#runtime, path, orCreate !== undefined, (...made) => this.#trainingClient(...made));
      if (!('nothing' in resumed)) return resumed;
      if (orCreate === undefined) throw resumed.nothing;
      return created(await this.createLoraTrainingClient(orCreate), resumed.nothing);
    };
    return this.#runtime.within('resumeTrainingClient', options, go, ({ training }) => training.close());
  }

  /**
   * A client that samples from a base model, or from a checkpoint that was saved for sampling.
   * @throws TinkerError `validation` before anything is sent
   */
  createSamplingClient(options: CreateSamplingClientOptions): Promise<SamplingClient> {
    return createSamplingClient(this.#runtime, options);
  }

  /** Whether telemetry is on, and what it has done so far (wire protocol §8). */
  getTelemetry(): TelemetryState {
    return this.#runtime.telemetry;
  }

  /**
   * Stops everything: open operations reject with `cancelled`, and no timer or actor stays. Models stay
   * on the server until the session expires there; `TrainingClient.unload` drops one at once.
   */
  close(): Promise<void> {
    return this.#runtime.close();
  }

  /** Closes it at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #trainingClient(modelId: string, restoredFrom?: string, journaled?: Journaled): TrainingClient {
    return new TrainingClient(this.#runtime, modelId, this.#runtime.serverConfig, restoredFrom, journaled);
  }
}

/** A client that came after its caller had gone. */
function takeBack(training: TrainingClient): void {
  training.unload().catch(() => undefined);
}
