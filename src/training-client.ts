import * as E from 'fp-ts/lib/Either.js';
import { getInfo } from './api/training.js';
import type { CheckpointOptions } from './checkpoints/checkpoint-options.js';
import { CheckpointSchedule } from './checkpoints/checkpoint-schedule.js';
import type { SavingClient } from './checkpoints/labelled-save.js';
import { saveOnSignal, type SaveOnSignalOptions, type SignalSaver } from './checkpoints/save-on-signal.js';
import { namesOf, tokenizerOfClient, type GetTokenizerOptions } from './tokenizer/client-tokenizer.js';
import { checkpointFacts } from './service/checkpoint-facts.js';
import { dropModel } from './service/create-model.js';
import type { CustomLoss, CustomLossOutput } from './training/custom-loss.js';
import type { TrainingActor } from './machines/training-machine.js';
import type { Operation } from './operation.js';
import { prepareCustomPass } from './training/passes.js';
import type { Runtime } from './service/runtime.js';
import { SamplingClient } from './sampling-client.js';
import { createSamplingClient } from './sampling/sampling-create.js';
import { checkRetryConfig, type SamplingClientOptions } from './sampling/sampling-options.js';
import type { Tokenizer } from './tokenizer/tokenizer.js';
import { TrainingCalls, type Journaled } from './training/training-calls.js';
import type { AdamSettings } from './training/training-input.js';
import type { LoadStateOptions, SavedState, SavedWeights, SaveForSamplerOptions, SaveStateOptions, StepOptions } from './training/training-options.js';
import { ephemeralSaveOrder, loadStateOrder, optimStepOrder, passOrder, saveForSamplerOrder, saveStateOrder } from './training/training-orders.js';
import { trainingSnapshot, type TrainingSnapshot } from './training/training-snapshot.js';
import { step, type TrainingStep } from './training/training-step.js';
import type { LoadWeightsResponse } from './types/checkpoints.js';
import type { Datum } from './types/data.js';
import { TinkerError } from './types/errors.js';
import type { LoadablePath } from './types/ids.js';
import type { ClientConfig } from './types/service.js';
import { GetInfoRequest, type ForwardBackwardOutput, type GetInfoResponse, type LossFn, type LossFnConfig, type OptimStepResponse } from './types/training.js';
import type { WaitOptions } from './calls/wait.js';

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
  readonly #calls: TrainingCalls;
  #restoredFrom: string | undefined;
  /** Whether its optimizer steps are counted from where the journal begins, whatever it loads. */
  readonly #isResumed: boolean;

  /** @internal Training clients are made by `ServiceClient`. */
  constructor(runtime: Runtime, modelId: string, settings: ClientConfig, restoredFrom?: string, journaled?: Journaled) {
    this.modelId = modelId;
    this.#restoredFrom = restoredFrom;
    this.#isResumed = journaled?.begin !== undefined;
    this.#runtime = runtime;
    this.#calls = new TrainingCalls(runtime, modelId, settings, journaled);
    this.actor = this.#calls.actor;
    runtime.inspected?.clients.addTraining(this);
  }

  /** The file of this client's journal; undefined where none is kept (see the option `journal` of `ServiceClient`). */
  get journal(): string | undefined {
    return this.#calls.journal?.path;
  }

  /**
   * Runs the model and the loss over data without touching the gradients.
   * @param data at least one datum; arrays in it must not be changed until the operation is accepted
   * @returns per datum the loss function's outputs (`logprobs`: float32, one log-probability per
   *   position), and metrics such as `loss:sum`
   */
  forward(data: readonly Datum[], lossFn: LossFn, lossFnConfig?: LossFnConfig, options: WaitOptions = {}): Operation<ForwardBackwardOutput> {
    return this.#calls.operate(passOrder(this.#calls.sender, { data, lossFn, lossFnConfig, forwardOnly: true }, options));
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
    options: WaitOptions = {},
  ): Operation<ForwardBackwardOutput> {
    return this.#calls.operate(passOrder(this.#calls.sender, { data, lossFn, lossFnConfig, forwardOnly: false }, options));
  }

  /**
   * As {@link TrainingClient.forwardBackward}, with a loss of the caller's own on the log-probabilities of
   * the targets: one pass forward, the loss function, one pass backward (wire protocol §4.9). It keeps its
   * place among the calls: what is called after it is sent after its second pass. An exception in the
   * loss function fails this operation only.
   * @param data with `target_tokens` and at most `weights` as loss inputs
   */
  forwardBackwardCustom(data: readonly Datum[], lossFn: CustomLoss, options: WaitOptions = {}): Operation<CustomLossOutput> {
    return this.#calls.operate({
      kind: 'forwardBackwardCustom',
      options,
      prepare: () => prepareCustomPass(this.#calls.sender, data, lossFn),
      finish: E.right,
    });
  }

  /**
   * Applies the gathered gradients with AdamW and clears them (wire protocol §2.4).
   * @param adamParams defaults: learning rate 1e-4, betas 0.9 and 0.95, eps 1e-12, no weight decay, no clipping
   */
  optimStep(adamParams: AdamSettings = {}, options: WaitOptions = {}): Operation<OptimStepResponse> {
    return this.#calls.operate(optimStepOrder(this.#calls.sender, adamParams, options));
  }

  /**
   * One training step in one go: {@link TrainingClient.forwardBackward} and {@link TrainingClient.optimStep},
   * sent together, so that the server goes from one to the other without waiting for us. When either is
   * refused before sending, neither is sent.
   * @returns to be awaited for both; its fields are the two operations
   */
  step(data: readonly Datum[], lossFn: LossFn, adamParams: AdamSettings = {}, options: StepOptions = {}): TrainingStep {
    return step(this.#calls, { data, lossFn, adamParams, options });
  }

  /**
   * Saves weights and optimizer state as they are after the calls made so far. Gradients that no
   * optimizer step has applied yet are not part of a checkpoint.
   * @param name one path segment: letters, digits, `_`, `-`, `.`
   */
  saveState(name: string, options: SaveStateOptions = {}): Operation<SavedState> {
    const onSaved = (checkpoint: SavedState) => this.#noteSaved(checkpoint, options);
    return this.#calls.operate(saveStateOrder(this.#calls.sender, name, options, onSaved));
  }

  /**
   * Saves checkpoints while this client trains, right after the optimizer steps that make them due, and
   * deletes those of its own that are not to be kept. Nothing has to be awaited.
   * @throws TinkerError `validation` on a bad option, or when this client is closed
   */
  checkpoints(options: CheckpointOptions): CheckpointSchedule {
    this.#assertOpen('checkpoints', 'saves');
    return new CheckpointSchedule(this.#saving(), options);
  }

  /**
   * Saves weights and optimizer state when a signal such as SIGTERM is about to end the process, after the
   * calls made so far, and then lets it end. Several clients save side by side. Ends with this client.
   * @throws TinkerError `validation` on a bad option, or when this client is closed
   */
  saveOnSignal(options: SaveOnSignalOptions = {}): SignalSaver {
    this.#assertOpen('saveOnSignal', 'saves');
    return saveOnSignal(this.#saving(), options);
  }

  /**
   * Saves weights to sample from as they are after the calls made so far, under a name. What is called next
   * does not change them, however soon it is called.
   * @param name one path segment: letters, digits, `_`, `-`, `.`
   */
  saveWeightsForSampler(name: string, options: SaveForSamplerOptions = {}): Operation<SavedWeights> {
    return this.#calls.operate(saveForSamplerOrder(this.#calls.sender, name, options, (saved) => this.#showSaved('sampler', saved, options)));
  }

  /**
   * Saves the weights as they are after the calls made so far, without a name, and gives a client that
   * samples from them.
   */
  saveWeightsAndGetSamplingClient(options: SamplingClientOptions = {}): Operation<SamplingClient> {
    const nextSamplingSessionSeqId = () => this.#runtime.counters.nextSamplingSessionSeqId();
    const open = (id: string) => new SamplingClient(this.#runtime, id, checkRetryConfig(options.retryConfig));
    return this.#calls.operate(ephemeralSaveOrder(this.#calls.sender, options, nextSamplingSessionSeqId, open));
  }

  /**
   * A client that samples from a checkpoint of any run.
   * @param modelPath `tinker://RUN/sampler_weights/NAME`
   * @throws TinkerError `validation` before anything is sent
   */
  createSamplingClient(modelPath: string, options: SamplingClientOptions = {}): Promise<SamplingClient> {
    return createSamplingClient(this.#runtime, { ...options, modelPath });
  }

  /**
   * Loads a checkpoint's weights; the optimizer starts afresh. Hosted servers allow it only as the first
   * call of a client: to resume a run, use `createTrainingClientFromState`.
   * @param path `tinker://RUN/weights/NAME`; a path that names a sampler checkpoint does not compile
   */
  loadState<P extends string>(path: LoadablePath<P>, options: LoadStateOptions = {}): Operation<LoadWeightsResponse> {
    return this.#load(path, false, options);
  }

  /** Loads a checkpoint's weights and the optimizer's state; otherwise as {@link TrainingClient.loadState}. */
  loadStateWithOptimizer<P extends string>(path: LoadablePath<P>, options: LoadStateOptions = {}): Operation<LoadWeightsResponse> {
    return this.#load(path, true, options);
  }

  /** What the server knows about this model. Not queued: answered while operations are under way. */
  getInfo(options: WaitOptions = {}): Promise<GetInfoResponse> {
    return this.#runtime.ask('getInfo', options, getInfo, GetInfoRequest.make({ modelId: this.modelId }));
  }

  /** The tokenizer of this model (wire protocol §6.9), or the one in `source`; read once per place, see `loadTokenizer`. */
  getTokenizer(options: GetTokenizerOptions = {}): Promise<Tokenizer> {
    const names = async () => namesOf(await this.getInfo());
    const load = () => tokenizerOfClient(this.#runtime.config, names, options, () => this.#runtime.underWay());
    return this.#runtime.attend('getTokenizer', load);
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

  /**
   * Holds back what has not begun yet, until {@link TrainingClient.resume}. What has begun is finished: all
   * chunks and re-sends of the operation that is being sent, the second pass of a custom loss, and the
   * results that are awaited. Calls may still be made and cancelled; they wait in order, without a number,
   * while their `timeoutMs` runs. Pausing a paused client changes nothing.
   * @throws TinkerError `validation` when this client is closed
   */
  pause(): void {
    this.#assertOpen('pause');
    this.actor.send({ type: 'dispatch.paused' });
  }

  /**
   * Goes on where {@link TrainingClient.pause} stopped, in the order of the calls. Does nothing when this
   * client is not paused; a wedged one still waits for `retry()` or `skip()`.
   * @throws TinkerError `validation` when this client is closed
   */
  resume(): void {
    this.#assertOpen('resume');
    this.actor.send({ type: 'dispatch.resumed' });
  }

  /** A small picture of this client: plain data, without any tensors. */
  getSnapshot(): TrainingSnapshot {
    return trainingSnapshot(this.actor, (id) => this.#calls.ageOf(id));
  }

  /** Closes this client and drops its model from the server. What was not saved is lost. */
  async unload(options: WaitOptions = {}): Promise<void> {
    this.#calls.journal?.end('its model was unloaded');
    this.close();
    await this.#runtime.within('unload', options, () => dropModel(this.#runtime, this.modelId));
  }

  /** Stops this client: open operations reject with `cancelled`, nothing of it is left running here. */
  close(): void {
    this.actor.send({ type: 'client.stopped' });
  }

  #saving(): SavingClient {
    const noteSaved = (saved: SavedState, options: SaveForSamplerOptions) => this.#noteSaved(saved, options);
    return { runtime: this.#runtime, calls: this.#calls, restoredFrom: this.#restoredFrom, noteSaved };
  }

  #noteSaved(checkpoint: SavedState, options: SaveForSamplerOptions): void {
    this.actor.send({ type: 'checkpoint.saved', checkpoint });
    this.#calls.journal?.checkpointSaved(checkpoint.path, checkpoint.seqId, this.#endOf(options));
    this.#showSaved('training', checkpoint, options);
  }

  #endOf({ ttlSeconds }: SaveForSamplerOptions): number | undefined {
    const { wallNow = Date.now } = this.#runtime.config.environment;
    return ttlSeconds === undefined ? undefined : wallNow() + ttlSeconds * 1000;
  }

  /** Shows a checkpoint to those who inspect. */
  #showSaved(kind: 'training' | 'sampler', { path, optimStepsBefore }: SavedState | SavedWeights, { ttlSeconds }: SaveForSamplerOptions): void {
    const { http, inspected } = this.#runtime;
    const saved = { kind, path, client: this.modelId, step: optimStepsBefore, ttlSeconds };
    inspected?.checkpointSaved(saved, (signal) => checkpointFacts(http, path, this.#runtime.newIdempotencyKey(), signal));
  }

  #assertWedged(call: string): void {
    const { value } = this.actor.getSnapshot();
    if (value !== 'wedged') throw new TinkerError('validation', `${call}: the client is ${value}; only a wedged client is decided on`);
  }

  #assertOpen(call: string, does = 'is paused or resumed'): void {
    if (this.actor.getSnapshot().status === 'active') return;
    throw new TinkerError('validation', `${call}: the client is closed; only an open client ${does}`);
  }

  /** Servers may repeat the credential that they refuse. */
  #load(path: string, optimizer: boolean, options: LoadStateOptions): Operation<LoadWeightsResponse> {
    const order = loadStateOrder(this.#calls.sender, path, optimizer, options);
    const prepare = () => {
      const work = order.prepare();
      this.#runtime.secrets.add(options.weightsAccessToken ?? '', 'access token');
      const { nextSeqId, queue } = this.actor.getSnapshot().context;
      if (nextSeqId === 1 && queue.length === 0 && !this.#isResumed) this.#restoredFrom = path;
      return work;
    };
    const finish: typeof order.finish = (loaded, dispatch) => {
      this.#calls.journal?.checkpointLoaded(path, dispatch.seqId, optimizer);
      return order.finish(loaded, dispatch);
    };
    return this.#calls.operate({ ...order, prepare, finish });
  }
}
