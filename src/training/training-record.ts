import type { InFlight, TrainingContext } from '../machines/training-context.js';
import type { TrainingActor } from '../machines/training-machine.js';
import type { InFlightFacts, QueuedFacts, TrainingRecord } from '../inspection/records.js';
import { futureFacts } from './training-snapshot.js';

const mostListed = 100;

/** A training client as inspection tells it: as its snapshot, with the first hundred of what may be thousands. */
export function trainingRecord(actor: TrainingActor, service: string, at: number): TrainingRecord {
  const snapshot = actor.getSnapshot();
  const { value, context } = snapshot;
  const { modelId, actorId, paused, queue, dispatching, inFlight, nextSeqId, optimSteps, counters, lastCheckpoint } = context;
  return {
    type: 'training',
    service,
    key: modelId,
    at,
    actor: actorId,
    state: value,
    paused,
    ...queueFacts(queue),
    ...(dispatching === undefined ? {} : { sending: { id: dispatching.entry.id, kind: dispatching.entry.kind, seqIds: dispatching.seqIds } }),
    inFlight: inFlight.slice(0, mostListed).map((operation) => inFlightFacts(snapshot, operation)),
    inFlightCount: inFlight.length,
    nextSeqId,
    optimSteps,
    counters,
    ...(lastCheckpoint === undefined ? {} : { lastCheckpoint: lastCheckpoint.path }),
  };
}

function queueFacts(line: TrainingContext['queue']): Pick<TrainingRecord, 'queue' | 'queued' | 'queuedBytes'> {
  const queue: QueuedFacts[] = [];
  let queuedBytes = 0;
  for (const { id, kind, bytes, parts } of line) {
    queuedBytes += bytes;
    if (queue.length < mostListed) queue.push({ id, kind, bytes, parts });
  }
  return { queue, queued: line.length, queuedBytes };
}

type Snapshot = ReturnType<TrainingActor['getSnapshot']>;

function inFlightFacts(snapshot: Snapshot, { entry: { id, kind }, seqIds, requestIds }: InFlight): InFlightFacts {
  const { polls, queueState } = futureFacts(snapshot, id, requestIds.length);
  return { id, kind, seqIds, polls, ...(queueState === undefined ? {} : { queueState }) };
}
