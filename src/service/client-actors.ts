import type { Actor } from 'xstate';
import type { Counters } from './counters.js';
import type { SamplingActor, SamplingInput } from '../machines/sampling-machine.js';
import type { serviceMachine } from '../machines/service-machine.js';
import type { TrainingActor } from '../machines/training-machine.js';
import type { TrainingBeginning } from '../machines/training-messages.js';
import type { QueueStates } from './queue-states.js';
import { SamplingGate } from '../sampling/sampling-gate.js';
import { TinkerError } from '../types/errors.js';

/** What a closed service answers to everything. */
export function closedError(): TinkerError {
  return new TinkerError('cancelled', 'The ServiceClient is closed. Open a new one.');
}

/** Starts the actors of a service's clients, and stops them. */
export class ClientActors {
  readonly #actor: Actor<typeof serviceMachine>;
  readonly #counters: Counters;
  readonly #queueStates: QueueStates;
  #samplingGate: SamplingGate | undefined;

  constructor(actor: Actor<typeof serviceMachine>, counters: Counters, queueStates: QueueStates) {
    this.#actor = actor;
    this.#counters = counters;
    this.#queueStates = queueStates;
  }

  /**
   * Starts the actor of a training client.
   * @param begin where it goes on; absent for a model that nothing was sent to yet
   */
  training(modelId: string, begin?: TrainingBeginning): TrainingActor {
    const actorId = this.#counters.nextId('training');
    this.#actor.send({ type: 'training.made', actorId, modelId, begin });
    const actor = this.#actor.getSnapshot().context.trainings[actorId];
    if (actor === undefined) throw closedError();
    this.#queueStates.follow(actor, modelId);
    return actor;
  }

  /** Starts the actor of a sampling client, and gives the gate that it shares with the others. */
  sampling(input: Omit<SamplingInput, 'actorId'>, dispatchBytes: number): { readonly actor: SamplingActor; readonly gate: SamplingGate } {
    const actorId = this.#counters.nextId('sampling');
    this.#actor.send({ type: 'sampling.made', actorId, ...input, dispatchBytes });
    const { samplings, samplingGate } = this.#actor.getSnapshot().context;
    const actor = samplings[actorId];
    if (actor === undefined || samplingGate === undefined) throw closedError();
    this.#samplingGate ??= new SamplingGate(samplingGate);
    return { actor, gate: this.#samplingGate };
  }

  /** Tells them one by one, so that each rejects what is open before the root stops it. */
  stop(): void {
    const { trainings, samplings } = this.#actor.getSnapshot().context;
    for (const training of Object.values(trainings)) training.send({ type: 'client.stopped' });
    for (const sampling of Object.values(samplings)) sampling.send({ type: 'client.stopped' });
    this.#actor.send({ type: 'service.closed' });
  }
}
