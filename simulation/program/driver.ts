import { ServiceClient } from '../../src/service-client.js';
import type { ServiceClientOptions } from '../../src/config.js';
import type { SamplingClient } from '../../src/sampling-client.js';
import { TinkerError, toTinkerError } from '../../src/types/errors.js';
import { apiKey } from '../server/accounts.js';
import type { Random } from '../world/random.js';
import type { VirtualTime } from '../world/virtual-time.js';
import { makeCall } from './calls.js';
import type { CallLimits, Plan, Step } from './plan.js';
import { decideWhenWedged, type Slot } from './slot.js';
import { failedAs, follow, type Tracked } from './tracked.js';

export interface DriverHost {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly environment: ServiceClientOptions['environment'];
  /** Datums in a request, as the client was told. */
  readonly chunk: () => number;
  readonly note: (line: string) => void;
}

/** Runs a program on a client, as its user would. */
export class Driver {
  readonly slots: (Slot | undefined)[] = [];
  readonly tracked: Tracked[] = [];
  readonly service: ServiceClient;
  readonly #host: DriverHost;
  readonly #plan: Plan;
  #sampler: SamplingClient | undefined;
  /** Who waits for something to become true. */
  readonly #waiting = new Set<() => void>();

  constructor(plan: Plan, host: DriverHost) {
    this.#plan = plan;
    this.#host = host;
    this.service = new ServiceClient({
      ...plan.options,
      baseUrl: 'http://simulated.test',
      apiKey,
      environment: host.environment,
      onError: (error) => host.note(`onError: ${error.kind}`),
      onQueueState: ({ queueState }) => host.note(`onQueueState: ${queueState}`),
      onSessionAtRisk: () => host.note('session at risk'),
      onSessionLost: () => host.note('session lost'),
    });
  }

  /** All of it, up to the closing. */
  async run(): Promise<void> {
    await Promise.all(this.#plan.clients.map((_, at) => this.#open(at)));
    if (this.#plan.hasSampler) await this.#openSampler();
    for (const { step, thinkMs } of this.#plan.steps) {
      await this.#take(step);
      if (thinkMs > 0) await this.#think(thinkMs);
    }
    if (this.#plan.closesEarly) return;
    this.#resumeAll();
    await this.#until(() => this.#isQuiet());
  }

  async close(): Promise<void> {
    this.#host.note('program closes the service');
    await this.service.close();
  }

  /** Whether the client of a model waits for a decision. */
  isWedged(modelId: string): boolean {
    return this.#slotsOf({ modelId }).some(({ isUndecided, training }) => isUndecided || training.actor.getSnapshot().value === 'wedged');
  }

  async #open(at: number): Promise<void> {
    const { fromState = false, withOptimizer = false, timeoutMs } = this.#plan.clients[at] ?? {};
    const path = `tinker://seed:train:0/weights/r${at}` as const;
    try {
      const training = fromState
        ? await this.service.createTrainingClientFromState(path, { loadOptimizer: withOptimizer, timeoutMs })
        : await this.service.createLoraTrainingClient({ baseModel: 'base', rank: 8, timeoutMs });
      const restored = fromState ? `load ${path}${withOptimizer ? ' with optimizer' : ''}` : undefined;
      const slot: Slot = { training, restored, isLeft: false, isClosed: false, isUndecided: false, wedges: 0 };
      this.slots[at] = slot;
      decideWhenWedged(slot, { ...this.#host, policies: this.#plan.wedged, onDecided: (before) => this.#decided(before), tracked: this.tracked });
      this.#host.note(`client ${at} is ${training.modelId}`);
    } catch (thrown) {
      this.slots[at] = undefined;
      this.#host.note(`client ${at} could not be made: ${toTinkerError(thrown).kind}`);
    }
  }

  async #openSampler(): Promise<void> {
    try {
      this.#sampler = await this.service.createSamplingClient({ baseModel: 'base' });
    } catch (thrown) {
      this.#host.note(`no sampler: ${toTinkerError(thrown).kind}`);
    }
  }

  async #take(step: Step): Promise<void> {
    if (step.do === 'call') {
      this.#call(step);
      return;
    }
    if (step.do === 'sample') {
      this.#sample(step.logprobs, step.limits);
      return;
    }
    const slot = this.slots[step.client];
    if (step.do === 'health') this.#heed(this.service.healthCheck());
    if (step.do === 'await all') {
      this.#resumeAll();
      await this.#until(() => this.tracked.every((tracked) => this.#isOver(tracked)));
    }
    if (slot === undefined || slot.isClosed) return;
    this.#host.note(`program: ${step.do}, client ${step.client}`);
    switch (step.do) {
      case 'pause':
        slot.training.pause();
        break;
      case 'resume':
        slot.training.resume();
        break;
      case 'info':
        this.#heed(slot.training.getInfo());
        break;
      case 'unload':
        slot.isClosed = true;
        this.#heed(slot.training.unload({ timeoutMs: 600_000 }));
        break;
      case 'close':
        slot.isClosed = true;
        slot.training.close();
        break;
      case 'await last': {
        const last = this.tracked.findLast(({ modelId }) => modelId === slot.training.modelId);
        slot.training.resume();
        if (last !== undefined) await this.#until(() => this.#isOver(last));
        break;
      }
      default:
    }
  }

  #call({ kind, client, datums, limits, withOptimizer }: Extract<Step, { do: 'call' }>): void {
    const slot = this.slots[client];
    if (slot === undefined) return;
    const { random, chunk } = this.#host;
    const lossFails = random.chance(0.1);
    const thinkMs = random.between(0, 3_000);
    const think = () => (thinkMs < 1_500 ? Promise.resolve() : this.#think(thinkMs));
    const { modelId } = slot.training;
    const index = this.tracked.length;
    const made = makeCall(slot.training, kind, { index, datums, chunk: chunk(), withOptimizer, limits: this.#limits(limits), lossFails, think });
    for (const call of made) this.#track({ ...call, index: this.tracked.length, modelId, outcome: 'open', wasWedged: false }, limits.cancelMs);
  }

  #sample(logprobs: boolean, limits: CallLimits): void {
    const sampler = this.#sampler;
    if (sampler === undefined) return;
    const prompt = [1, 2];
    const given = this.#limits(limits);
    const operation = logprobs ? sampler.computeLogprobs(prompt, given) : sampler.sample({ prompt, numSamples: 1, samplingParams: { maxTokens: 1 } }, given);
    const base = { index: this.tracked.length, modelId: undefined, identities: [], harmless: [], outcome: 'open', wasWedged: false } as const;
    this.#track({ ...base, kind: 'sample', operation }, limits.cancelMs);
  }

  #track(tracked: Tracked, cancelMs: number | undefined): void {
    this.tracked.push(tracked);
    this.#host.note(`program: ${tracked.index} ${tracked.kind} on ${tracked.modelId ?? 'a sampler'}`);
    follow(tracked, (ended) => this.#noteEnd(ended));
    if (cancelMs === 0) tracked.operation.cancel();
    else if (cancelMs !== undefined) this.#host.time.after(cancelMs, () => tracked.operation.cancel());
  }

  #noteEnd(tracked: Tracked): void {
    const { index, kind, outcome, operation } = tracked;
    for (const slot of this.#slotsOf(tracked)) slot.isUndecided ||= failedAs(tracked, 'wedged');
    this.#host.note(`program: ${index} ${kind} ${outcome instanceof TinkerError ? `failed: ${outcome.kind} ${outcome.message}` : outcome} (${String(operation.seqId)})`);
    this.#lookAgain();
  }

  #limits({ timeoutMs, abortMs }: CallLimits): { timeoutMs?: number; signal?: AbortSignal } {
    if (abortMs === undefined) return timeoutMs === undefined ? {} : { timeoutMs };
    const controller = new AbortController();
    this.#host.time.after(abortMs, () => controller.abort());
    return { signal: controller.signal };
  }

  /** What is sent again is awaited anew. */
  #decided(sentAgain: readonly Tracked[]): void {
    for (const tracked of sentAgain) follow(tracked, (ended) => this.#noteEnd(ended));
    this.#lookAgain();
  }

  /** What is told by its rejection alone. */
  #heed(promise: Promise<unknown>): void {
    promise.catch((thrown: unknown) => this.#host.note(`program: a call failed: ${toTinkerError(thrown).kind}`));
  }

  /** Nobody who waits for a client goes on pausing it. */
  #resumeAll(): void {
    for (const { training } of this.#openSlots()) training.resume();
  }

  /** Whether a call has ended, or never will because the program leaves its client as it is. */
  #isOver({ outcome, modelId }: Tracked): boolean {
    return outcome !== 'open' || this.#openSlots().some(({ isLeft, training }) => isLeft && training.modelId === modelId);
  }

  #think(ms: number): Promise<void> {
    return new Promise((resolve) => this.#host.time.after(ms, resolve));
  }

  #slotsOf({ modelId }: Pick<Tracked, 'modelId'>): readonly Slot[] {
    return this.slots.flatMap((slot) => (slot?.training.modelId === modelId ? slot ?? [] : []));
  }

  #openSlots(): readonly Slot[] {
    return this.slots.flatMap((slot) => (slot === undefined || slot.isClosed ? [] : [slot]));
  }

  #until(isTrue: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!isTrue()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  #lookAgain(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Whether every call has ended that can, and every wedged client is decided on. */
  #isQuiet(): boolean {
    const undecided = this.#openSlots().some(({ isLeft, training }) => !isLeft && training.actor.getSnapshot().value === 'wedged');
    return !undecided && this.tracked.every((tracked) => this.#isOver(tracked));
  }
}
