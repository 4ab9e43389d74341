import { loadWeights, weightsInfo } from '../api/checkpoints.js';
import { modelIdOf, orderModel, takeBackModel } from './create-model.js';
import type { RestoreSteps } from '../machines/ports.js';
import type { Runtime } from './runtime.js';
import type { OpenSession } from './session-keeper.js';
import type { TrainingClient } from '../training-client.js';
import { LoadWeightsRequest, LoadWeightsResponse, WeightsInfoRequest } from '../types/checkpoints.js';
import { decode } from '../types/decode.js';
import { TinkerError, toTinkerError } from '../types/errors.js';
import type { UserMetadata } from '../types/ids.js';
import type { WaitOptions } from '../calls/wait.js';
import { LoraConfig } from '../types/training.js';

/** Settings of restoring a training client. */
export interface FromStateOptions extends WaitOptions {
  /** Whether the optimizer's state is restored too; default false. */
  readonly loadOptimizer?: boolean | undefined;
  /** Replaces the checkpoint's base model; it must be compatible. */
  readonly baseModel?: string | undefined;
  /** Kept with the new training run on the server. */
  readonly userMetadata?: UserMetadata | undefined;
  /** Credential for a checkpoint of another account. */
  readonly weightsAccessToken?: string | undefined;
}

/** The same once checked. */
type CheckedFromState = FromStateOptions & { readonly loadOptimizer: boolean };

/**
 * Restores a training client from a checkpoint, in three requests (what the checkpoint holds, a model
 * like it, the load), or in one where the server creates models by loading (wire protocol §2.5, §6.1).
 * @param makeClient makes the client of a created model
 * @throws TinkerError `restoreFailed` after everything that was made has been taken back
 */
export async function restoreTrainingClient(
  runtime: Runtime,
  session: OpenSession,
  path: string,
  options: CheckedFromState,
  makeClient: (modelId: string) => TrainingClient,
): Promise<TrainingClient> {
  runtime.secrets.add(options.weightsAccessToken ?? '', 'access token');
  const restore = new Restore(runtime, session, path, options, makeClient);
  await runtime.restore(restore.steps(), session.config.createModelViaLoadWeights);
  return restore.client();
}

class Restore {
  readonly #runtime: Runtime;
  readonly #session: OpenSession;
  readonly #path: string;
  readonly #options: CheckedFromState;
  readonly #makeClient: (modelId: string) => TrainingClient;
  /** The model to create; filled in by the first step. */
  #model = { baseModel: '', loraConfig: LoraConfig.make({ rank: 0 }) };
  #modelId: string | undefined;
  #client: TrainingClient | undefined;

  constructor(
    runtime: Runtime,
    session: OpenSession,
    path: string,
    options: CheckedFromState,
    makeClient: (modelId: string) => TrainingClient,
  ) {
    this.#runtime = runtime;
    this.#session = session;
    this.#path = path;
    this.#options = options;
    this.#makeClient = makeClient;
  }

  steps(): RestoreSteps {
    return {
      readMetadata: () => this.#attempt(() => this.#readMetadata()),
      createModel: () => this.#attempt(() => this.#createModel()),
      load: () => this.#attempt(() => (this.#session.config.createModelViaLoadWeights ? this.#createByLoading() : this.#load())),
      rollBack: () => this.#attempt(() => this.#rollBack()),
    };
  }

  client(): TrainingClient {
    if (this.#client === undefined) throw new TinkerError('restoreFailed', 'the restored client was closed');
    return this.#client;
  }

  async #attempt(step: () => Promise<void>): Promise<TinkerError | undefined> {
    try {
      await step();
      return undefined;
    } catch (thrown) {
      return toTinkerError(thrown);
    }
  }

  async #readMetadata(): Promise<void> {
    const { weightsAccessToken } = this.#options;
    const input = WeightsInfoRequest.make({ tinkerPath: this.#path });
    const metadata = await (weightsAccessToken === undefined
      ? this.#runtime.request('weightsInfo', weightsInfo, input)
      : this.#runtime.requestAs(weightsAccessToken, 'weightsInfo', weightsInfo, input));
    if (!metadata.isLora || metadata.loraRank === undefined) {
      throw new TinkerError(
        'validation',
        `${this.#path} is not a LoRA checkpoint with a known rank, so no model like it can be created`,
        { field: 'path' },
      );
    }
    const { baseModel, loraRank: rank, trainUnembed, trainMlp, trainAttn } = metadata;
    this.#model = { baseModel: this.#options.baseModel ?? baseModel, loraConfig: { rank, trainUnembed, trainMlp, trainAttn } };
  }

  async #createModel(): Promise<void> {
    const { userMetadata } = this.#options;
    this.#modelId = await orderModel(this.#runtime, this.#session.sessionId, { ...this.#model, userMetadata });
    this.#client = this.#makeClient(this.#modelId);
  }

  async #load(): Promise<void> {
    const { loadOptimizer, weightsAccessToken } = this.#options;
    const options = { weightsAccessToken };
    await (loadOptimizer
      ? this.client().loadStateWithOptimizer(this.#path, options)
      : this.client().loadState(this.#path, options));
  }

  async #createByLoading(): Promise<void> {
    const { sessionId } = this.#session;
    const modelSeqId = this.#runtime.counters.nextModelSeqId();
    const { loadOptimizer, baseModel, userMetadata, weightsAccessToken } = this.#options;
    this.#modelId = modelIdOf(sessionId, modelSeqId);
    await this.#runtime.operate({
      kind: 'createModelByLoading',
      requestType: 'LoadWeights',
      route: loadWeights,
      input: LoadWeightsRequest.make({
        sessionId,
        modelSeqId,
        baseModel,
        userMetadata,
        path: this.#path,
        optimizer: loadOptimizer,
        weightsAccessToken,
      }),
      decode: (body) => decode(LoadWeightsResponse, body),
    });
    this.#client = this.#makeClient(this.#modelId);
  }

  /** Best effort: the error that led here is the one to report. */
  async #rollBack(): Promise<void> {
    this.#client?.close();
    if (this.#modelId !== undefined) await takeBackModel(this.#runtime, this.#modelId);
  }
}
