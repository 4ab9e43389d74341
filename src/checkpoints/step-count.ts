import type { TrainingCalls } from '../training/training-calls.js';

/** Counts the optimizer steps of a client together with those that still wait to be sent. */
export class StepCount {
  readonly #calls: TrainingCalls;
  readonly #waiting = new Set<string>();
  readonly #subscriptions: readonly { unsubscribe(): void }[];

  constructor(calls: TrainingCalls) {
    this.#calls = calls;
    const { queue, dispatching } = calls.actor.getSnapshot().context;
    for (const { id, kind } of queue) if (kind === 'optimStep') this.#waiting.add(id);
    if (dispatching?.entry.kind === 'optimStep') this.#waiting.add(dispatching.entry.id);
    const over = ({ id }: { readonly id: string }) => this.#waiting.delete(id);
    const { actor } = calls;
    this.#subscriptions = [actor.on('operation.accepted', over), actor.on('operation.failed', over), actor.on('operation.dropped', over)];
  }

  /** A step was put into the queue. */
  called(id: string): void {
    this.#waiting.add(id);
  }

  /** What there will have been when all that is called is taken. */
  get expected(): number {
    return this.#calls.actor.getSnapshot().context.optimSteps + this.#waiting.size;
  }

  stop(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }
}
