import type { ServiceClient } from '../../src/service-client.js';
import type { Slot } from '../program/slot.js';

export interface LeftoversHost {
  readonly service: ServiceClient;
  readonly slots: readonly (Slot | undefined)[];
  readonly clientTimers: number;
  readonly openRequests: number;
  readonly keepAlives: number;
  readonly violated: (what: string) => void;
}

/** Nothing is alive after everything was closed. */
export function checkLeftovers({ service, slots, clientTimers, openRequests, keepAlives, violated }: LeftoversHost): void {
  const { status, children } = service.actor.getSnapshot();
  if (status === 'active') violated('after close: the service runs');
  const alive = Object.keys(children);
  if (alive.length > 0) violated(`after close: actors are left: ${alive.join(', ')}`);
  if (clientTimers > 0) violated(`after close: ${clientTimers} timers are left`);
  if (openRequests > 0) violated(`after close: ${openRequests} requests are left`);
  if (keepAlives > 0) violated('after close: the process is kept alive');
  for (const slot of slots) {
    if (slot === undefined) continue;
    const training = slot.training.actor.getSnapshot();
    const left = Object.keys(training.children);
    if (training.status === 'active') violated(`after close: the client of ${slot.training.modelId} runs`);
    if (left.length > 0) violated(`after close: the client of ${slot.training.modelId} has children: ${left.join(', ')}`);
  }
}
