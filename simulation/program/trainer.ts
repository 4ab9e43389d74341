import { ServiceClient } from '../../src/service-client.js';
import type { Environment } from '../../src/machines/environment.js';
import type { TrainingClient } from '../../src/training-client.js';
import { toTinkerError } from '../../src/types/errors.js';
import { apiKey } from '../server/accounts.js';
import type { VirtualTime } from '../world/virtual-time.js';
import { makeCall } from './calls.js';
import type { AnyOperation } from './tracked.js';
import type { TrainerPlan } from './trainer-plan.js';

export interface TrainerHost {
  readonly time: VirtualTime;
  readonly environment: Environment;
  /** How each operation ended, over all processes. */
  readonly ends: string[];
  readonly note: (line: string) => void;
}

const mostRetries = 3;

/** One process of a trainer: goes on where the journal says, to the end or to the first error that it cannot help. */
export class Trainer {
  readonly #plan: TrainerPlan;
  readonly #host: TrainerHost;
  readonly #service: ServiceClient;
  #training: TrainingClient | undefined;
  #retries = 0;

  constructor(plan: TrainerPlan, host: TrainerHost) {
    this.#plan = plan;
    this.#host = host;
    const { note, environment } = host;
    this.#service = new ServiceClient({
      ...plan.options,
      baseUrl: 'http://simulated.test',
      apiKey,
      environment,
      journal: '/journals',
      onError: ({ kind, message }) => note(`onError: ${kind} ${message}`),
      onQueueState: () => undefined,
      onSessionAtRisk: () => undefined,
      onSessionLost: () => note('session lost'),
    });
  }

  get modelId(): string {
    return this.#training?.modelId ?? 'no model';
  }

  isWedged(modelId: string): boolean {
    return this.#training?.modelId === modelId && this.#training.actor.getSnapshot().value === 'wedged';
  }

  async run(): Promise<'finished' | 'failed'> {
    try {
      const resumed = await this.#service.resumeTrainingClient(undefined, { orCreate: { baseModel: 'base', rank: 8 } });
      const { training, outcome, step, pending, settled, lost, why } = resumed;
      this.#host.note(`trainer: ${outcome} ${training.modelId} at step ${step}; pending ${pending.length}, settled ${settled.length}, lost ${lost.length}; ${why ?? ''}`);
      this.#training = training;
      this.#watchWedging(training);
      await this.#train(training, step);
      this.#host.note('trainer: finished');
      return 'finished';
    } catch (thrown) {
      const { kind, message } = toTinkerError(thrown);
      this.#host.note(`trainer: failed: ${kind} ${message}`);
      return 'failed';
    }
  }

  close(): Promise<void> {
    return this.#service.close();
  }

  async #train(training: TrainingClient, from: number): Promise<void> {
    let open: AnyOperation[] = [];
    for (const [step, batch] of this.#plan.batches.entries()) {
      if (step < from) continue;
      for (const begin of this.#callsOf(training, step, batch)) {
        const operation = begin();
        if (this.#plan.isCareful) await this.#result(operation);
        else open.push(operation);
      }
      if (!batch.isAwaited) continue;
      for (const operation of open) await this.#result(operation);
      open = [];
      if (this.#plan.thinkMs > 0) await new Promise<void>((resolve) => this.#host.time.after(this.#plan.thinkMs, resolve));
    }
    for (const operation of open) await this.#result(operation);
  }

  #callsOf(training: TrainingClient, step: number, { datums, isCustom, isSaved }: TrainerPlan['batches'][number]): readonly (() => AnyOperation)[] {
    const settings = { index: step, datums, chunk: 1, withOptimizer: false, limits: {}, lossFails: false, think: () => Promise.resolve() };
    const calls = [
      () => makeCall(training, isCustom ? 'custom' : 'forwardBackward', settings),
      () => makeCall(training, 'optimStep', settings),
      ...(isSaved ? [() => makeCall(training, 'saveState', { ...settings, index: step + 1 })] : []),
    ];
    return calls.map((call) => () => {
      const [made] = call();
      if (made === undefined) throw new Error('nothing was called');
      return made.operation;
    });
  }

  /** A wedged operation is awaited anew once it is sent again. */
  async #result(operation: AnyOperation): Promise<void> {
    for (;;) {
      try {
        await operation;
        this.#host.ends.push('done');
        return;
      } catch (thrown) {
        const error = toTinkerError(thrown);
        if (error.kind === 'wedged' && (await this.#retried(operation))) continue;
        this.#host.ends.push(error.kind);
        throw error;
      }
    }
  }

  async #retried(operation: AnyOperation): Promise<boolean> {
    await new Promise<void>((resolve) => this.#host.time.after(2_000, resolve));
    return operation.status !== 'failed';
  }

  /** As a user would who has nothing else to go by: the same again, a few times. */
  #watchWedging(training: TrainingClient): void {
    let was = false;
    training.actor.subscribe(({ value }) => {
      const is = value === 'wedged';
      if (is && !was && this.#retries < mostRetries) {
        this.#retries += 1;
        this.#host.time.after(1_000, () => {
          if (training.actor.getSnapshot().value === 'wedged') training.retry();
        });
      }
      was = is;
    });
  }
}
