import type { ServiceClient, TrainingClient } from '../../src/index.js';

/** All that a training client holds on to; for `toEqual(atRest)`. */
export function leftovers(training: TrainingClient): unknown {
  const { status, children } = training.actor.getSnapshot();
  const { state, queue, sending, inFlight } = training.getSnapshot();
  return { status, state, queue, sending, inFlight, children: Object.keys(children) };
}

/** The leftovers of a client that is alive and has nothing to do. */
export const atRest = { status: 'active', state: 'idle', queue: [], sending: undefined, inFlight: [], children: [] };

/** The actors that run in a service, and those of them that are training clients. */
export function running(service: ServiceClient): { readonly children: readonly string[]; readonly trainings: readonly string[] } {
  const { children, context } = service.actor.getSnapshot();
  return { children: Object.keys(children), trainings: Object.keys(context.trainings) };
}
