import * as E from 'fp-ts/lib/Either.js';
import { asSentence, TinkerError } from '../types/errors.js';
import { operationName } from '../types/operation-name.js';
import type { FutureInput } from './future-messages.js';
import type { Receipts, SubmissionSettled } from './submission-machine.js';
import {
  afterFailure,
  takeSecondPass,
  type Dispatching,
  type Held,
  type InFlight,
  type OperationEntry,
  type SecondPassOutcome,
  type TrainingContext,
  type TrainingEmitted,
} from './training-context.js';

/** What follows from the server's answer to an operation. */
export interface Consequences {
  readonly change: Partial<TrainingContext>;
  readonly said: readonly TrainingEmitted[];
  /** Results to ask for. */
  readonly awaited: readonly FutureInput[];
}

/** The server has answered, or cannot be asked: what becomes of the operation. */
export function consequencesOf(context: TrainingContext, dispatching: Dispatching, settled: SubmissionSettled): Consequences {
  switch (settled.outcome.status) {
    case 'accepted':
      return accepted(context, dispatching, settled.receipts);
    case 'refused':
      return refused(context, dispatching, settled.unsent, settled.outcome.error);
    case 'unclear':
      return unclear(context, dispatching, settled, settled.outcome.error);
  }
}

function accepted(context: TrainingContext, dispatching: Dispatching, receipts: Receipts): Consequences {
  const { entry: { id, kind }, seqIds, cancelled } = dispatching;
  const requestIds = Object.values(receipts);
  const change = afterAcceptance(context, dispatching, requestIds);
  const said: TrainingEmitted = { type: 'operation.accepted', id, requestIds };
  if (cancelled) return { change, said: [said, { type: 'operation.dropped', id }], awaited: [] };
  const { futurePolicy: policy } = context;
  return {
    change,
    said: [said],
    awaited: requestIds.map((requestId, part) => ({ key: id, part, kind, seqId: seqIds[part], requestId, policy })),
  };
}

function refused(context: TrainingContext, { entry, cancelled }: Dispatching, unsent: readonly number[], cause: TinkerError): Consequences {
  const given = afterRefusal(context, unsent);
  if (cancelled) return { change: given, said: [{ type: 'operation.dropped', id: entry.id }], awaited: [] };
  const error = refusedError(cause, entry);
  return {
    change: { ...given, ...afterFailure(context, error) },
    said: [{ type: 'operation.failed', id: entry.id, error }],
    awaited: [],
  };
}

/** Said of a cancelled operation too: the queue stands still, whoever waits. */
function unclear(
  context: TrainingContext,
  dispatching: Dispatching,
  { receipts, unsent }: SubmissionSettled,
  cause: TinkerError,
): Consequences {
  const { entry: { id }, cancelled } = dispatching;
  const error = wedgedError(dispatching, receipts, cause);
  const counted = cancelled ? { lastError: error.toJSON() } : afterFailure(context, error);
  return {
    change: { dispatching: { ...dispatching, receipts, unsent, mayBeTaken: true }, ...counted },
    said: [{ type: 'operation.failed', id, error }],
    awaited: [],
  };
}

/** The first results have been made into a second pass, or cannot be. */
export function secondPassTaken(context: TrainingContext, held: Held, outcome: SecondPassOutcome): Omit<Consequences, 'awaited'> {
  if (E.isRight(outcome)) return { change: takeSecondPass(context, held, outcome.right), said: [] };
  const { id } = held.entry;
  const error = outcome.left.with({ operationId: id });
  return {
    change: { held: undefined, ...afterFailure(context, error) },
    said: [{ type: 'operation.failed', id, error }],
  };
}

function afterAcceptance(
  context: TrainingContext,
  { entry, seqIds, cancelled }: Dispatching,
  requestIds: readonly string[],
): Partial<TrainingContext> {
  const { inFlight, counters, optimSteps } = context;
  const polled: InFlight = { entry, seqIds, requestIds, open: requestIds.length };
  return {
    dispatching: undefined,
    inFlight: cancelled ? inFlight : [...inFlight, polled],
    held: entry.secondPass && !cancelled ? { entry, ready: false } : undefined,
    // With a second pass to come it is not taken yet.
    counters: { ...counters, accepted: counters.accepted + (entry.secondPass ? 0 : 1) },
    optimSteps: optimSteps + (entry.kind === 'optimStep' ? 1 : 0),
  };
}

/** The server has refused the operation, or it is given up: what was never sent frees its number. */
export function afterRefusal(context: TrainingContext, unsent: readonly number[]): Partial<TrainingContext> {
  return { dispatching: undefined, spareSeqIds: [...context.spareSeqIds, ...unsent].sort((a, b) => a - b) };
}

/** Says that it is not clear whether the server has the operation, and what the user can do. */
function wedgedError({ entry, seqIds }: Dispatching, receipts: Receipts, cause: TinkerError): TinkerError {
  const taken = Object.keys(receipts).length;
  const unclear =
    taken === 0
      ? 'the server may or may not have taken it'
      : `the server has taken ${taken} of its ${entry.parts} parts, so its gradients may hold part of the batch`;
  return new TinkerError(
    'wedged',
    `${operationName(entry.kind, entry.id)} (seq_id ${seqIds.join(', ')}): ${unclear}: ${asSentence(cause.message)} ` +
      'Nothing after it is sent until you decide: retry() sends the same request again, skip() gives it up and goes on.',
    {
      operationId: entry.id,
      seqId: seqIds[0],
      status: cause.status,
      attempts: cause.attempts,
      elapsedMs: cause.elapsedMs,
      cause,
    },
  );
}

/** The error of an operation of which a part was refused. */
function refusedError(error: TinkerError, entry: OperationEntry): TinkerError {
  return error.with({ operationId: entry.id }, `${operationName(entry.kind, entry.id)} (seq_id ${String(error.seqId)}): ${error.message}`);
}
