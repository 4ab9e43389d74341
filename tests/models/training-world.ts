import * as E from 'fp-ts/lib/Either.js';
import type { AnyEventObject, SnapshotFrom } from 'xstate';
import { futureId, type OperationEntry } from '../../src/machines/training-context.js';
import type { trainingMachine } from '../../src/machines/training-machine.js';
import { isRecord } from '../../src/types/check.js';
import { TinkerError } from '../../src/types/errors.js';
import type { State, Step } from './explore.js';
import { doneOf, failure } from './outcomes.js';

export type Snapshot = SnapshotFrom<typeof trainingMachine>;

/** What a caller knows of one of its operations. */
export interface Known {
  /** As its caller sees it; `wedged` until it is decided. */
  readonly state: 'open' | 'done' | 'failed' | 'cancelled' | 'wedged';
  /** Its numbers, once it is sent; one list for each pass. */
  readonly numbers: readonly (readonly number[])[];
  /** Whether its client has been told that nothing of it is under way any more. */
  readonly forgotten: boolean;
  /** Whether it was taken out of the queue before it was sent. */
  readonly withdrawn: boolean;
}

/** What happened to a queue so far. */
export interface World {
  readonly known: Readonly<Record<string, Known>>;
  /** The operation that is being sent, or of which nobody knows whether the server has it. */
  readonly sending: string | undefined;
  readonly wedged: boolean;
  readonly paused: boolean;
  /** Numbers that were sent, or of which the server may know. */
  readonly used: readonly number[];
  readonly optimSteps: number;
  readonly ends: number;
}

export const untouched: World = { known: {}, sending: undefined, wedged: false, paused: false, used: [], optimSteps: 0, ends: 0 };

export function operation(id: string, more: Partial<OperationEntry> = {}): OperationEntry {
  return { id, kind: 'optimStep', bytes: 10, parts: 1, together: true, secondPass: false, ...more };
}

/** What can be answered to the operation that is being sent. */
function answersTo({ context: { dispatching } }: Snapshot, id: string): readonly AnyEventObject[] {
  if (dispatching === undefined) return [];
  const { entry: { parts }, seqIds, receipts } = dispatching;
  const alone = (output: object): AnyEventObject => ({ type: 'request.settled', key: id, part: 0, output });
  const error = failure('connection').with({ attempts: 3, elapsedMs: 10 });
  if (parts === 1) {
    return [
      alone({ status: 'answered', requestId: `r${String(seqIds[0])}` }),
      alone({ status: 'answered', requestId: undefined }),
      alone({ status: 'refused', error: failure('http', 400).with({ seqId: seqIds[0] }) }),
      alone({ status: 'uncertain', error }),
    ];
  }
  const all = Object.fromEntries(seqIds.map((seqId, part) => [part, receipts[part] ?? `r${seqId}`]));
  const [first] = seqIds;
  const several = (more: object): AnyEventObject => ({ type: 'submission.settled', key: id, receipts, unsent: [], ...more });
  const half = several({ receipts: { ...receipts, 1: all[1] }, outcome: { status: 'unclear', error } });
  const whole = several({ receipts: all, outcome: { status: 'accepted' } });
  if (Object.keys(receipts).length > 0) return [whole, half];
  // Chunks sent together go 2…n first, so that the first was not sent where another one failed.
  const none = several({ unsent: [first], outcome: { status: 'unclear', error } });
  const refused = several({ unsent: [first], outcome: { status: 'refused', error: failure('http', 400) } });
  return [whole, half, none, refused];
}

/** Everything that can happen to a queue of which these operations are called, one after the other. */
export function trainingEvents(operations: readonly OperationEntry[], { withPause }: { readonly withPause: boolean }) {
  return ({ snapshot, world, alive }: State<Snapshot, World>): Readonly<Record<string, readonly AnyEventObject[]>> => {
    const next = operations.find(({ id }) => world.known[id] === undefined);
    const called = operations.filter(({ id }) => world.known[id] !== undefined);
    const answers = alive.includes('submission') && world.sending !== undefined ? answersTo(snapshot, world.sending) : [];
    const futures = snapshot.context.inFlight.flatMap(({ entry: { id, parts } }) =>
      Array.from({ length: parts }, (_, part) => ({ id, part })).filter(({ part }) => alive.includes(futureId(id, part))),
    );
    const settled = futures.flatMap(({ id, part }): AnyEventObject[] => [
      { type: 'future.settled', key: id, part, output: { status: 'done', downloadMs: 1 } },
      { type: 'future.settled', key: id, part, output: { status: 'failed', error: failure('requestFailed') } },
    ]);
    const late = called.filter(({ id }) => world.known[id]?.state === 'cancelled' && world.known[id].numbers.length > 0);
    return {
      'operation.requested': next === undefined ? [] : [{ type: 'operation.requested', entry: next }],
      'save.requested': [],
      'load.requested': [],
      'operation.cancelled': called.map(({ id }) => ({ type: 'operation.cancelled', id })),
      'future.settled': settled,
      'future.queueState': late.slice(0, 1).map(({ id }) => ({ type: 'future.queueState', key: id, queueState: 'active', reason: undefined })),
      'checkpoint.saved': [],
      'dispatch.paused': withPause && !world.paused ? [{ type: 'dispatch.paused' }] : [],
      'dispatch.resumed': withPause && world.paused ? [{ type: 'dispatch.resumed' }] : [],
      'client.stopped': [{ type: 'client.stopped' }],
      'xstate.done.actor.secondPass': [doneOf('secondPass', E.right({ parts: 1, bytes: 5 })), doneOf('secondPass', E.left(failure('validation')))],
      'request.paused': [],
      'request.settled': answers.filter(({ type }) => type === 'request.settled'),
      'submission.settled': answers.filter(({ type }) => type === 'submission.settled'),
      'queue.retried': [{ type: 'queue.retried' }],
      'queue.skipped': [{ type: 'queue.skipped' }],
    };
  };
}

/** What a child that sends is told. */
export interface Sent {
  readonly key: string;
  readonly numbers: readonly number[];
  readonly mayBeTaken: boolean;
}

export function sentBy({ spawned }: Step<Snapshot>): readonly Sent[] {
  return spawned.filter(({ id }) => id === 'submission').flatMap(({ src, input }) => {
    if (!isRecord(input)) return [];
    const { key, seqId, seqIds, mayBeTaken } = input;
    const numbers = src === 'request' ? [Number(seqId)] : Array.isArray(seqIds) ? seqIds.map(Number) : [];
    return [{ key: String(key), numbers, mayBeTaken: mayBeTaken === true }];
  });
}

/** What was emitted of one operation. */
export function saidOf({ emitted }: Step<Snapshot>): readonly { readonly type: string; readonly id: string; readonly kind: string | undefined; readonly optimStepsBefore: unknown }[] {
  return emitted.map((event) => {
    const said = { ...event };
    const kind = 'error' in said && said.error instanceof TinkerError ? said.error.kind : undefined;
    const id = 'id' in said ? String(said.id) : '';
    return { type: event.type, id, kind, optimStepsBefore: 'optimStepsBefore' in said ? said.optimStepsBefore : undefined };
  });
}
