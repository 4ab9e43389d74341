import { assign, emit, enqueueActions, sendParent, setup, type ActorRefFrom } from 'xstate';
import type { TinkerError } from '../types/errors.js';
import { futureMachine } from './future-machine.js';
import type { FuturePolicy, FutureQueueState, FutureSettled } from './future-messages.js';
import type { RequestPolicy } from './request-machine.js';
import { submissionMachine, type SubmissionSettled } from './submission-machine.js';
import {
  afterAcceptance,
  afterFailure,
  afterRefusal,
  cancelledError,
  futureId,
  futureIds,
  operationError,
  partError,
  takeNext,
  wedgedError,
  withoutInFlight,
  withoutOpenPart,
  type LastCheckpoint,
  type OperationEntry,
  type TrainingContext,
} from './training-context.js';

/**
 * The queue of one model. Operations wait in the order in which they were called; `submitting` sends
 * the first one until the server has taken or refused it, then the queue is `idle` and looks at the
 * next. Accepted operations are asked for by a child per part, any number at once. When the server may
 * have taken an operation and cannot be asked, the queue is `wedged` until the user decides. Saves and
 * loads pass the handler that everything passes; both forms of load are one event with a flag.
 */
export interface TrainingInput {
  /** The id under which the parent knows this actor. */
  readonly actorId: string;
  readonly modelId: string;
  readonly requestPolicy: RequestPolicy;
  readonly futurePolicy: FuturePolicy;
}

export type TrainingEvent =
  | { readonly type: 'operation.requested'; readonly entry: OperationEntry }
  | { readonly type: 'save.requested'; readonly entry: OperationEntry }
  | { readonly type: 'load.requested'; readonly entry: OperationEntry; readonly optimizer: boolean }
  | { readonly type: 'operation.cancelled'; readonly id: string }
  | { readonly type: 'checkpoint.saved'; readonly checkpoint: LastCheckpoint }
  | { readonly type: 'queue.retried' }
  | { readonly type: 'queue.skipped' }
  | { readonly type: 'client.stopped' }
  | SubmissionSettled
  | FutureSettled
  | FutureQueueState;

/** What the client hears about its operations. */
export type TrainingEmitted =
  | { readonly type: 'operation.sending'; readonly id: string; readonly seqIds: readonly number[]; readonly optimStepsBefore: number }
  | { readonly type: 'operation.accepted'; readonly id: string; readonly requestIds: readonly string[] }
  | { readonly type: 'operation.queueState'; readonly id: string; readonly queueState: string | undefined; readonly reason: string | undefined }
  | { readonly type: 'operation.done'; readonly id: string; readonly downloadMs: number }
  | { readonly type: 'operation.failed'; readonly id: string; readonly error: TinkerError }
  | { readonly type: 'operation.dropped'; readonly id: string };

/** What the parent hears when this client has ended. */
export interface TrainingStopped {
  readonly type: 'training.stopped';
  readonly actorId: string;
}

export type Context = TrainingContext & Pick<TrainingInput, 'actorId'>;

const trainingSetup = setup({
  types: {} as { input: TrainingInput; context: Context; events: TrainingEvent; emitted: TrainingEmitted },
  actors: { submission: submissionMachine, future: futureMachine },
  guards: {
    'something is queued': ({ context }) => context.queue.length > 0,
    'was accepted': (_, { settled }: { settled: SubmissionSettled }) => settled.outcome.status === 'accepted',
    'was refused': (_, { settled }: { settled: SubmissionSettled }) => settled.outcome.status === 'refused',
  },
  actions: {
    'enqueue operation': assign(({ context }, { entry }: { entry: OperationEntry }) => ({ queue: [...context.queue, entry] })),
    'take next': assign(({ context }) => takeNext(context)),
    'announce sending': enqueueActions(({ context, enqueue }) => {
      if (context.dispatching === undefined || context.dispatching.cancelled) return;
      const { entry, seqIds } = context.dispatching;
      enqueue.emit({ type: 'operation.sending', id: entry.id, seqIds, optimStepsBefore: context.optimSteps });
    }),
    'start polling': enqueueActions(({ context, enqueue }, { settled }: { settled: SubmissionSettled }) => {
      const { dispatching } = context;
      if (dispatching === undefined) return;
      const { entry, seqIds, cancelled } = dispatching;
      const requestIds = seqIds.map((_, part) => settled.receipts[part] ?? '');
      enqueue.assign(afterAcceptance(context, dispatching, requestIds));
      enqueue.emit({ type: 'operation.accepted', id: entry.id, requestIds });
      if (cancelled) return;
      requestIds.forEach((requestId, part) => {
        enqueue.spawnChild('future', {
          id: futureId(entry.id, part),
          input: { key: entry.id, part, kind: entry.kind, seqId: seqIds[part], requestId, policy: context.futurePolicy },
        });
      });
    }),
    'fail refused': enqueueActions(({ context, enqueue }, { settled }: { settled: SubmissionSettled }) => {
      const { dispatching } = context;
      if (dispatching === undefined || settled.outcome.status === 'accepted') return;
      enqueue.assign(afterRefusal(context, settled.unsent));
      if (dispatching.cancelled) return;
      const error = operationError(settled.outcome.error, dispatching.entry, dispatching.seqIds[0]);
      enqueue.assign(({ context: now }) => afterFailure(now, error));
      enqueue.emit({ type: 'operation.failed', id: dispatching.entry.id, error });
    }),
    'fail unclear': enqueueActions(({ context, enqueue }, { settled }: { settled: SubmissionSettled }) => {
      const { dispatching } = context;
      if (dispatching === undefined) return;
      const error = wedgedError(dispatching, settled);
      enqueue.assign({ dispatching: { ...dispatching, receipts: settled.receipts, unsent: settled.unsent } });
      enqueue.assign(({ context: now }) => afterFailure(now, error));
      if (!dispatching.cancelled) enqueue.emit({ type: 'operation.failed', id: dispatching.entry.id, error });
    }),
    'give up unclear': enqueueActions(({ context, enqueue }) => {
      if (context.dispatching === undefined) return;
      enqueue.assign(afterRefusal(context, context.dispatching.unsent));
      enqueue.emit({ type: 'operation.dropped', id: context.dispatching.entry.id });
    }),
    'note result': enqueueActions(({ context, enqueue }, { settled }: { settled: FutureSettled }) => {
      const { key: id, part, output } = settled;
      const operation = context.inFlight[id];
      enqueue.stopChild(futureId(id, part));
      if (operation === undefined) return;
      if (output.status === 'failed') {
        const error = partError(settled, operation);
        for (const child of futureIds(operation)) enqueue.stopChild(child);
        enqueue.assign(withoutInFlight(context, id));
        enqueue.assign(({ context: now }) => afterFailure(now, error));
        enqueue.emit({ type: 'operation.failed', id, error });
      } else if (operation.open > 1) {
        enqueue.assign(withoutOpenPart(context, id, operation));
      } else {
        enqueue.assign({ ...withoutInFlight(context, id), counters: { ...context.counters, done: context.counters.done + 1 } });
        enqueue.emit({ type: 'operation.done', id, downloadMs: output.downloadMs });
      }
    }),
    'pass on queue state': emit((_, { said }: { said: FutureQueueState }) => ({
      type: 'operation.queueState',
      id: said.key,
      queueState: said.queueState,
      reason: said.reason,
    })),
    'cancel operation': enqueueActions(({ context, enqueue }, { id }: { id: string }) => {
      const queued = context.queue.find((entry) => entry.id === id);
      const operation = context.inFlight[id];
      const dispatching = context.dispatching?.entry.id === id ? context.dispatching : undefined;
      const entry = queued ?? operation?.entry ?? dispatching?.entry;
      if (entry === undefined || dispatching?.cancelled === true) return;
      if (queued !== undefined) enqueue.assign({ queue: context.queue.filter((other) => other.id !== id) });
      if (operation !== undefined) {
        for (const child of futureIds(operation)) enqueue.stopChild(child);
        enqueue.assign(withoutInFlight(context, id));
      }
      if (dispatching !== undefined) enqueue.assign({ dispatching: { ...dispatching, cancelled: true } });
      const why = queued === undefined ? 'was cancelled; the server goes on with it' : 'was cancelled before it was sent';
      const error = cancelledError(id, entry.kind, why);
      enqueue.assign(({ context: now }) => afterFailure(now, error));
      enqueue.emit({ type: 'operation.failed', id, error });
    }),
    'cancel everything': enqueueActions(({ context, enqueue }) => {
      const dispatched = context.dispatching === undefined || context.dispatching.cancelled ? [] : [context.dispatching.entry];
      const flying = Object.values(context.inFlight).map(({ entry }) => entry);
      for (const entry of [...flying, ...dispatched, ...context.queue]) {
        const error = cancelledError(entry.id, entry.kind, 'was cancelled because its client was closed');
        enqueue.assign(({ context: now }) => afterFailure(now, error));
        enqueue.emit({ type: 'operation.failed', id: entry.id, error });
      }
      enqueue.assign({ queue: [], dispatching: undefined, inFlight: {} });
    }),
    'note checkpoint': assign((_, { checkpoint }: { checkpoint: LastCheckpoint }) => ({ lastCheckpoint: checkpoint })),
    'tell parent': sendParent(({ context }): TrainingStopped => ({ type: 'training.stopped', actorId: context.actorId })),
  },
});

const settledOf = ({ event }: { event: SubmissionSettled }) => ({ settled: event });
const entryOf = ({ event }: { event: { entry: OperationEntry } }) => ({ entry: event.entry });

export const trainingMachine = trainingSetup.createMachine({
  id: 'training',
  initial: 'idle',
  context: ({ input }) => ({
    ...input,
    nextSeqId: 1,
    spareSeqIds: [],
    queue: [],
    dispatching: undefined,
    inFlight: {},
    optimSteps: 0,
    counters: { accepted: 0, done: 0, failed: 0, cancelled: 0 },
    lastCheckpoint: undefined,
    lastError: undefined,
  }),
  on: {
    'operation.requested': { actions: { type: 'enqueue operation', params: entryOf } },
    'save.requested': { actions: { type: 'enqueue operation', params: entryOf } },
    'load.requested': { actions: { type: 'enqueue operation', params: entryOf } },
    'operation.cancelled': { actions: { type: 'cancel operation', params: ({ event }) => ({ id: event.id }) } },
    'future.settled': { actions: { type: 'note result', params: ({ event }) => ({ settled: event }) } },
    'future.queueState': { actions: { type: 'pass on queue state', params: ({ event }) => ({ said: event }) } },
    'checkpoint.saved': { actions: { type: 'note checkpoint', params: ({ event }) => ({ checkpoint: event.checkpoint }) } },
    'client.stopped': '.stopped',
  },
  states: {
    idle: {
      always: { guard: 'something is queued', actions: ['take next', 'announce sending'], target: 'submitting' },
    },
    submitting: {
      invoke: {
        id: 'submission',
        src: 'submission',
        input: ({ context }) => ({
          key: context.dispatching?.entry.id ?? '',
          kind: context.dispatching?.entry.kind ?? '',
          seqIds: context.dispatching?.seqIds ?? [],
          together: context.dispatching?.entry.together ?? false,
          receipts: context.dispatching?.receipts ?? {},
          policy: context.requestPolicy,
        }),
      },
      on: {
        'submission.settled': [
          {
            guard: { type: 'was accepted', params: settledOf },
            actions: { type: 'start polling', params: settledOf },
            target: 'idle',
          },
          {
            guard: { type: 'was refused', params: settledOf },
            actions: { type: 'fail refused', params: settledOf },
            target: 'idle',
          },
          { actions: { type: 'fail unclear', params: settledOf }, target: 'wedged' },
        ],
      },
    },
    wedged: {
      on: {
        'queue.retried': { actions: 'announce sending', target: 'submitting' },
        'queue.skipped': { actions: 'give up unclear', target: 'idle' },
      },
    },
    stopped: { type: 'final', entry: ['cancel everything', 'tell parent'] },
  },
});
export type TrainingActor = ActorRefFrom<typeof trainingMachine>;
