import type { TinkerError } from '../types/errors.js';
import { listed } from './listed.js';
import { afterFailure, cancelledError, futureIds, inFlightUnder, withoutInFlight, type Consequence, type TrainingContext, type TrainingEmitted } from './training-context.js';
import { WaitingLine } from './waiting-line.js';

const nothing: Consequence = { change: {}, said: [], stopped: [] };

/**
 * Takes one operation back: out of the queue, or out of what is awaited. One that is being sent stays
 * what it is, since it has its number; only nobody waits for it any more.
 */
export function cancellationOf(context: TrainingContext, id: string): Consequence {
  const { queue, dispatching, held } = context;
  const accepted = inFlightUnder(context, id);
  const queued = queue.find((entry) => entry.id === id);
  const sent = listed(dispatching).find(({ entry }) => entry.id === id);
  const entry = queued ?? accepted?.entry ?? sent?.entry ?? listed(held).find((other) => other.entry.id === id)?.entry;
  if (entry === undefined || sent?.cancelled === true) return nothing;
  const why = queued === undefined ? 'was cancelled; the server goes on with it' : 'was cancelled before it was sent';
  const error = cancelledError(id, entry.kind, why);
  return {
    change: {
      queue: queued === undefined ? queue : queue.without(queued),
      ...withoutInFlight(context, id),
      dispatching: sent === undefined ? dispatching : { ...sent, cancelled: true },
      ...afterFailure(context, error),
    },
    said: [failed(id, error)],
    stopped: listed(accepted).flatMap(futureIds),
  };
}

/** Takes everything back, because the client is closed. */
export function cancellationOfAll(context: TrainingContext): Consequence {
  const { queue, inFlight, dispatching, held, counters } = context;
  const waitedFor = listed(dispatching).filter(({ cancelled }) => !cancelled);
  const ready = listed(held).filter((operation) => operation.ready);
  const open = [...inFlight, ...ready, ...waitedFor].map(({ entry }) => entry).concat(...queue);
  return {
    change: {
      queue: new WaitingLine(),
      paused: false,
      dispatching: undefined,
      held: undefined,
      inFlight: [],
      counters: { ...counters, cancelled: counters.cancelled + open.length },
    },
    said: [
      ...open.map(({ id, kind }) => failed(id, cancelledError(id, kind, 'was cancelled because its client was closed'))),
      ...listed(dispatching).map(({ entry: { id } }): TrainingEmitted => ({ type: 'operation.dropped', id })),
    ],
    stopped: inFlight.flatMap(futureIds),
  };
}

function failed(id: string, error: TinkerError): TrainingEmitted {
  return { type: 'operation.failed', id, error };
}
