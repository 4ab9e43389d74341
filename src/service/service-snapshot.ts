import type { QueueStates } from './queue-states.js';
import type { SessionKeeper, SessionSnapshot } from './session-keeper.js';
import type { ServiceActor } from '../machines/service-machine.js';

/** A service at one moment, as plain data. */
export interface ServiceSnapshot {
  /** The session with the server. */
  readonly session: SessionSnapshot;
  /** Milliseconds since the first of the operations that wait for the account began to; undefined when none does (wire protocol §3.7). */
  readonly billingPausedMs: number | undefined;
  /** Training clients that are open. */
  readonly trainingClients: number;
  /** Sampling clients that are open. */
  readonly samplingClients: number;
}

/** Takes the picture of a service. */
export function serviceSnapshot(actor: ServiceActor, sessionKeeper: SessionKeeper, queueStates: QueueStates): ServiceSnapshot {
  const { trainings, samplings } = actor.getSnapshot().context;
  return {
    session: sessionKeeper.snapshot(),
    billingPausedMs: queueStates.billingPausedMs,
    trainingClients: Object.keys(trainings).length,
    samplingClients: Object.keys(samplings).length,
  };
}
