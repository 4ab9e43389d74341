import type { TrainingActor } from '../machines/training-machine.js';
import { OpenOperations, type OperationsHost } from '../calls/open-operations.js';

/** The open operations of a training client, told by its actor. */
export function trainingOperations(host: OperationsHost, actor: TrainingActor): OpenOperations {
  const operations = new OpenOperations(host, (id) => actor.send({ type: 'operation.cancelled', id }));
  actor.on('operation.sending', ({ id, seqIds, optimStepsBefore }) => operations.sending(id, seqIds, optimStepsBefore));
  actor.on('operation.accepted', ({ id, requestIds }) => operations.accepted(id, requestIds[0]));
  actor.on('operation.queueState', ({ id, queueState, reason }) => operations.queueState(id, queueState, reason));
  actor.on('operation.done', ({ id, downloadMs }) => operations.done(id, downloadMs));
  actor.on('operation.failed', ({ id, error }) => operations.failed(id, error));
  actor.on('operation.dropped', ({ id }) => operations.forget(id));
  return operations;
}
