import * as E from 'fp-ts/lib/Either.js';
import { getInfo } from './api/training.js';
import { namesOf, tokenizerOfClient, type GetTokenizerOptions } from './client-tokenizer.js';
import { dropModel } from './create-model.js';
import type { CustomLoss, CustomLossOutput } from './custom-loss.js';
import type { TrainingActor, TrainingEvent } from './machines/training-machine.js';
import type { OperationKind } from './machines/training-context.js';
import { OpenOperations, type Dispatch } from './open-operations.js';
import type { Operation } from './operation.js';
import { checkWait, type WaitOptions } from './wait.js';
import { prepareCustomPass, preparePass, type PassSender } from './passes.js';
import type { Runtime } from './runtime.js';
import type { Tokenizer } from './tokenizer.js';
import { trainingSnapshot, type TrainingSnapshot } from './training-snapshot.js';
import { loadStateWork, optimStepWork, saveStateWork, type TrainingWork } from './training-work.js';
import { checkAdamParams, checkFlag, orThrow, type AdamSettings } from './training-input.js';
import type { LoadStateOptions, SavedState, SaveStateOptions } from './training-options.js';
import type { Datum } from './types/data.js';
import { TinkerError, toTinkerError } from './types/errors.js';
import type { LoadWeightsResponse } from './types/checkpoints.js';
import { checkCheckpointName, checkTtlSeconds, parseTrainingPath, type LoadablePath } from './types/ids.js';
import type { ClientConfig } from './types/service.js';
import {
  GetInfoRequest,
  type ForwardBackwardOutput,
  type GetInfoResponse,
  type LossFn,
  type LossFnConfig,
  type OptimStepResponse,
} from './types/training.js';

/**
 * One model in training. Calls are sent in the order in which they are made, without awaiting in
 * between; their results are awaited when needed. See {@link Operation}. Made by `ServiceClient`.
 */
export class TrainingClient {
  /** The model's id, which is also the id of the training run. */
  readonly modelId: string;
  /** The xstate actor behind this client, for inspection. */
  readonly actor: TrainingActor;
  readonly #runtime: Runtime;
  readonly #operations: OpenOperations;
  readonly #sender: PassSender;

  /** @internal Training clients are made by `ServiceClient`. */
  constructor(runtime: Runtime, modelId: string, settings: ClientConfig) {
    this.modelId = modelId;
    this.actor = runtime.spawnTraining(modelId);
    this.#runtime = runtime;
    const { environment, onError } = runtime.config;
    this.#operations = new OpenOperations({ environment, onError, work: runtime.work, keepAlive: runtime.keepAlive }, this.actor);
    this.#sender = { http: runtime.http, modelId, limits: settings, newIdempotencyKey: () => runtime.newIdempotencyKey() };
  }

  /**
   * Runs the model and the loss over data without touching the gradients.
   * @param data at least one datum; arrays in it must not be changed until the operation is accepted
   * @returns per datum the loss function's outputs (`logprobs`: float32, one log-probability per
   *   position), and metrics such as `loss:sum`
   */
  forward(data: readonly Datum[], lossFn: LossFn, lossFnConfig?: LossFnConfig, options?: WaitOptions): Operation<ForwardBackwardOutput> {
    return this.#pass('forward', data, lossFn, lossFnConfig, options);
  }

  /**
   * Runs the model and the loss over data and adds to the gradients, which gather until
   * {@link TrainingClient.optimStep} applies them. Large data is sent as several requests and comes
   * back as one result (wire protocol §4.3, §4.8). Losses are sums over positions, not means.
   */
  forwardBackward(
    data: readonly Datum[],
    lossFn: LossFn,
    lossFnConfig?: LossFnConfig,
    options?: WaitOptions,
  ): Operation<ForwardBackwardOutput> {
    return this.#pass('forwardBackward', data, lossFn, lossFnConfig, options);
  }

  /**
   * As {@link TrainingClient.forwardBackward}, with a loss of the caller's own on the log-probabilities of
   * the targets: one pass forward, the loss function, one pass backward (wire protocol §4.9). It keeps its
   * place among the calls: what is called after it is sent after its second pass. An exception in the
   * loss function fails this operation only.
   * @param data with `target_tokens` and at most `weights` as loss inputs
   */
  forwardBackwardCustom(data: readonly Datum[], lossFn: CustomLoss, options: WaitOptions = {}): Operation<CustomLossOutput> {
    return this.#operate(
      'forwardBackwardCustom',
      options,
      () => prepareCustomPass(this.#sender, data, lossFn),
      E.right,
    );
  }

  /**
   * Applies the gathered gradients with AdamW and clears them (wire protocol §2.4).
   * @param adamParams defaults: learning rate 1e-4, betas 0.9 and 0.95, eps 1e-12, no weight decay, no clipping
   */
  optimStep(adamParams: AdamSettings = {}, options: WaitOptions = {}): Operation<OptimStepResponse> {
    return this.#operate('optimStep', options, () => optimStepWork(this.#sender, checkAdamParams(adamParams)), E.right);
  }

  /**
   * Saves weights and optimizer state as they are after the calls made so far. Gradients that no
   * optimizer step has applied yet are not part of a checkpoint.
   * @param name one path segment: letters, digits, `_`, `-`, `.`
   */
  saveState(name: string, options: SaveStateOptions = {}): Operation<SavedState> {
    return this.#operate(
      'saveState',
      options,
      () => {
        const ttlSeconds = orThrow(checkTtlSeconds(options.ttlSeconds));
        const overwrite = checkFlag('overwrite', options.overwrite, false);
        return saveStateWork(this.#sender, { name: orThrow(checkCheckpointName(name)), ttlSeconds, overwrite });
      },
      ({ path }, { seqId, optimStepsBefore }) => {
        this.actor.send({ type: 'checkpoint.saved', checkpoint: { path, seqId, optimStepsBefore } });
        return E.right({ path, seqId, optimStepsBefore });
      },
    );
  }

  /**
   * Loads a checkpoint's weights; the optimizer starts afresh. Hosted servers allow it only as the first
   * call of a client: to resume a run, use `createTrainingClientFromState`.
   * @param path `tinker://RUN/weights/NAME`; a path that names a sampler checkpoint does not compile
   */
  loadState<P extends string>(path: LoadablePath<P>, options?: LoadStateOptions): Operation<LoadWeightsResponse> {
    return this.#load(path, false, options);
  }

  /** Loads a checkpoint's weights and the optimizer's state; otherwise as {@link TrainingClient.loadState}. */
  loadStateWithOptimizer<P extends string>(path: LoadablePath<P>, options?: LoadStateOptions): Operation<LoadWeightsResponse> {
    return this.#load(path, true, options);
  }

  /** What the server knows about this model. Not queued: answered while operations are under way. */
  getInfo(options: WaitOptions = {}): Promise<GetInfoResponse> {
    return this.#runtime.ask('getInfo', options, getInfo, GetInfoRequest.make({ modelId: this.modelId }));
  }

  /** The tokenizer of this model (wire protocol §6.9), or the one in `source`; read once per place, see `loadTokenizer`. */
  getTokenizer(options: GetTokenizerOptions = {}): Promise<Tokenizer> {
    return tokenizerOfClient(this.#runtime.config, async () => namesOf(await this.getInfo()), options);
  }

  /** Sends the operation that the client is wedged on again: same bytes, same number. Await the operation itself. */
  retry(): void {
    this.#assertWedged('retry');
    this.actor.send({ type: 'queue.retried' });
  }

  /** Gives the operation that the client is wedged on up and goes on with the next. */
  skip(): void {
    this.#assertWedged('skip');
    this.actor.send({ type: 'queue.skipped' });
  }

  /** A small picture of this client: plain data, without any tensors. */
  getSnapshot(): TrainingSnapshot {
    return trainingSnapshot(this.actor, (id) => this.#operations.ageOf(id));
  }

  /** Closes this client and drops its model from the server. What was not saved is lost. */
  async unload(options: WaitOptions = {}): Promise<void> {
    this.close();
    await this.#runtime.within('unload', options, () => dropModel(this.#runtime, this.modelId));
  }

  /** Stops this client: open operations reject with `cancelled`, nothing of it is left running here. */
  close(): void {
    this.actor.send({ type: 'client.stopped' });
  }

  #pass(
    kind: 'forward' | 'forwardBackward',
    data: readonly Datum[],
    lossFn: string,
    lossFnConfig: LossFnConfig | undefined,
    options: WaitOptions = {},
  ): Operation<ForwardBackwardOutput> {
    return this.#operate(
      kind,
      options,
      () => preparePass(this.#sender, { data, lossFn, lossFnConfig, forwardOnly: kind === 'forward' }),
      E.right,
    );
  }

  /** The one way to load: both calls differ in the flag only. */
  #load(path: string, optimizer: boolean, options: LoadStateOptions = {}): Operation<LoadWeightsResponse> {
    return this.#operate(
      'loadState',
      options,
      () => {
        const { weightsAccessToken } = options;
        return loadStateWork(this.#sender, { path: orThrow(parseTrainingPath(path)).path, optimizer, weightsAccessToken });
      },
      E.right,
      optimizer,
    );
  }

  /** Checks a call, fixes its place in the queue, and hands back its operation, all before returning. */
  #operate<P, A>(
    kind: OperationKind,
    options: WaitOptions,
    prepare: () => TrainingWork<P>,
    finish: (result: P, dispatch: Dispatch) => E.Either<TinkerError, A>,
    optimizer = false,
  ): Operation<A> {
    const id = this.#runtime.nextId(kind);
    let prepared: TrainingWork<P>;
    try {
      this.#assertOpen();
      checkWait(options, kind);
      prepared = prepare();
    } catch (thrown) {
      return this.#operations.refused(id, kind, toTinkerError(thrown, 'validation'));
    }
    const { work, bytes, parts, result } = prepared;
    this.#runtime.work.add(id, work);
    const operation = this.#operations.open(id, kind, options, (dispatch) => E.chain((value: P) => finish(value, dispatch))(result()));
    const secondPass = work.secondPass !== undefined;
    const entry = { id, kind, bytes, parts, together: this.#sender.limits.parallelFwdbwdChunks, secondPass };
    this.actor.send(requestOf(entry, optimizer));
    return operation;
  }

  #assertOpen(): void {
    this.#runtime.assertOpen();
    if (this.actor.getSnapshot().status !== 'active') {
      throw new TinkerError('cancelled', `The training client of ${this.modelId} is closed. Restore it from a checkpoint.`);
    }
  }

  #assertWedged(call: string): void {
    const { value } = this.actor.getSnapshot();
    if (value !== 'wedged') throw new TinkerError('validation', `${call}: the client is ${value}; only a wedged client is decided on`);
  }
}

type Requested = Extract<TrainingEvent, { readonly entry: unknown }>;

function requestOf(entry: Requested['entry'], optimizer: boolean): Requested {
  if (entry.kind === 'loadState') return { type: 'load.requested', entry, optimizer };
  return { type: entry.kind === 'saveState' ? 'save.requested' : 'operation.requested', entry };
}
