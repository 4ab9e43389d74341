import * as E from 'fp-ts/lib/Either.js';
import { assign, emit, enqueueActions, fromPromise, not, sendParent, setup, type ActorRefFrom } from 'xstate';
import { futureMachine, type FutureLogic } from './future-machine.js';
import type { FutureQueueState, FutureSettled } from './future-messages.js';
import { listed } from './listed.js';
import { requestMachine, type RequestLogic } from './request-machine.js';
import type { RequestSettled } from './request-messages.js';
import { settledAlone, submissionMachine, type SubmissionSettled } from './submission-machine.js';
import { afterRefusal, consequencesOf, secondPassTaken } from './training-answer.js';
import { cancellationOf, cancellationOfAll } from './training-cancel.js';
import {
  futureId,
  inFlightUnder,
  requestInput,
  submissionInput,
  takeNext,
  type LastCheckpoint,
  type OperationEntry,
  type SecondPassOutcome,
  type TrainingContext,
  type TrainingEmitted,
} from './training-context.js';
import type { SecondPassInput, TrainingEvent, TrainingInput, TrainingStopped } from './training-messages.js';
import { resultNoted } from './training-result.js';
import { WaitingLine } from './waiting-line.js';

export type Context = TrainingContext & Pick<TrainingInput, 'actorId'>;

const request: RequestLogic = requestMachine;
const future: FutureLogic = futureMachine;

const trainingSetup = setup({
  types: {} as { input: TrainingInput; context: Context; events: TrainingEvent; emitted: TrainingEmitted },
  actors: {
    submission: submissionMachine,
    request,
    future,
    secondPass: fromPromise<SecondPassOutcome, SecondPassInput>(() => Promise.reject(new Error('secondPass is not provided'))),
  },
  guards: {
    'something is queued': ({ context }) => context.queue.length > 0,
    'is paused': ({ context }) => context.paused,
    'something is held': ({ context }) => context.held !== undefined,
    'its first pass is over': ({ context }) => context.held?.ready === true,
    'has a second pass': (_, { outcome }: { outcome: SecondPassOutcome }) => E.isRight(outcome),
    'is decided': (_, { settled }: { settled: SubmissionSettled }) => settled.outcome.status !== 'unclear',
    'is in flight': ({ context }, { id }: { id: string }) => inFlightUnder(context, id) !== undefined,
    'is the wedged one': ({ context }, { id }: { id: string }) => listed(context.dispatching).some(({ entry }) => entry.id === id),
  },
  actions: {
    'enqueue operation': assign(({ context }, { entry }: { entry: OperationEntry }) => ({ queue: context.queue.added(entry) })),
    'note pause': assign((_, { paused }: { paused: boolean }) => ({ paused })),
    'take next': assign(({ context }) => takeNext(context)),
    'note second pass': enqueueActions(({ context, enqueue }, { outcome }: { outcome: SecondPassOutcome }) => {
      for (const held of listed(context.held)) {
        const { change, said } = secondPassTaken(context, held, outcome);
        enqueue.assign(change);
        for (const news of said) enqueue.emit(news);
      }
    }),
    'send it': enqueueActions(({ context, enqueue }) => {
      for (const dispatching of listed(context.dispatching)) {
        const { entry, seqIds, cancelled } = dispatching;
        // Before it is sent: who keeps a journal has to know what the numbers belong to.
        if (!cancelled) enqueue.emit({ type: 'operation.sending', id: entry.id, seqIds, optimStepsBefore: context.optimSteps });
        if (entry.parts === 1) enqueue.spawnChild('request', { id: submissionId, input: requestInput(context, dispatching) });
        else enqueue.spawnChild('submission', { id: submissionId, input: submissionInput(context, dispatching) });
      }
    }),
    'note answer': enqueueActions(({ context, enqueue }, { settled }: { settled: SubmissionSettled }) => {
      enqueue.stopChild(submissionId);
      for (const dispatching of listed(context.dispatching)) {
        const { change, said, awaited } = consequencesOf(context, dispatching, settled);
        enqueue.assign(change);
        for (const news of said) enqueue.emit(news);
        for (const input of awaited) enqueue.spawnChild('future', { id: futureId(input.key, input.part), input });
      }
    }),
    'give it up': enqueueActions(({ context, enqueue }) => {
      for (const { entry, unsent } of listed(context.dispatching)) {
        enqueue.assign(afterRefusal(context, unsent));
        enqueue.emit({ type: 'operation.dropped', id: entry.id });
      }
    }),
    'note result': enqueueActions(({ context, enqueue }, { settled }: { settled: FutureSettled }) => {
      const { change, said, stopped } = resultNoted(context, settled);
      for (const child of stopped) enqueue.stopChild(child);
      enqueue.assign(change);
      for (const news of said) enqueue.emit(news);
    }),
    'tell skipped': enqueueActions(({ context, enqueue }) => {
      for (const { entry } of listed(context.dispatching)) enqueue.emit({ type: 'operation.skipped', id: entry.id });
    }),
    'pass on queue state': emit((_, { said }: { said: Omit<FutureQueueState, 'type'> }) => ({
      type: 'operation.queueState',
      id: said.key,
      queueState: said.queueState,
      reason: said.reason,
    })),
    'cancel operation': enqueueActions(({ context, enqueue }, { id }: { id: string }) => {
      const { change, said, stopped } = cancellationOf(context, id);
      for (const child of stopped) enqueue.stopChild(child);
      enqueue.assign(change);
      for (const news of said) enqueue.emit(news);
    }),
    'cancel everything': enqueueActions(({ context, enqueue }) => {
      const { change, said, stopped } = cancellationOfAll(context);
      // Ended machines keep their children otherwise, and this one is kept by its client.
      for (const child of [submissionId, ...stopped]) enqueue.stopChild(child);
      enqueue.assign(change);
      for (const news of said) enqueue.emit(news);
    }),
    'note checkpoint': assign((_, { checkpoint }: { checkpoint: LastCheckpoint }) => ({ lastCheckpoint: checkpoint })),
    'tell parent': sendParent(({ context }): TrainingStopped => ({ type: 'training.stopped', actorId: context.actorId })),
  },
});

const submissionId = 'submission';
const outcomeOf = ({ event }: { event: { output: SecondPassOutcome } }) => ({ outcome: event.output });
const settledOf = ({ event }: { event: SubmissionSettled }) => ({ settled: event });
const settledAloneOf = ({ event }: { event: RequestSettled }) => ({ settled: settledAlone(event) });
const idOf = ({ event }: { event: { id: string } }) => ({ id: event.id });
const entryOf = ({ event }: { event: { entry: OperationEntry } }) => ({ entry: event.entry });

/**
 * The queue of one model. Operations wait in the order in which they were called; `submitting` sends
 * the first one until the server has taken or refused it, then the queue is `idle` and looks at the
 * next. Accepted operations are asked for by a child per part, any number at once. When the server may
 * have taken an operation and cannot be asked, the queue is `wedged` until the user decides. An operation
 * with a second pass keeps its place: the queue is `holding` until its first results are there and
 * `computing` what follows from them. Told to pause, it finishes what it has begun, second passes and wedged
 * operations that are retried included, and then is `paused` instead of `idle`: it takes nothing more, so no
 * number is drawn, until it is told to resume. It ends `stopped`: what is open is given up. Saves and loads
 * pass the handler that everything passes; both forms of load are one event with a flag.
 */
export const trainingMachine = trainingSetup.createMachine({
  id: 'training',
  initial: 'idle',
  context: ({ input: { begin = { nextSeqId: 1, spareSeqIds: [], optimSteps: 0 }, ...input } }) => ({
    ...input,
    ...begin,
    queue: new WaitingLine(),
    paused: false,
    dispatching: undefined,
    held: undefined,
    inFlight: [],
    counters: { accepted: 0, done: 0, failed: 0, cancelled: 0 },
    lastCheckpoint: undefined,
    lastError: undefined,
  }),
  on: {
    'operation.requested': { actions: { type: 'enqueue operation', params: entryOf } },
    'save.requested': { actions: { type: 'enqueue operation', params: entryOf } },
    'load.requested': { actions: { type: 'enqueue operation', params: entryOf } },
    'operation.cancelled': { actions: { type: 'cancel operation', params: idOf } },
    'future.settled': { actions: { type: 'note result', params: ({ event }) => ({ settled: event }) } },
    'future.queueState': {
      guard: { type: 'is in flight', params: ({ event }) => ({ id: event.key }) },
      actions: { type: 'pass on queue state', params: ({ event }) => ({ said: event }) },
    },
    'checkpoint.saved': { actions: { type: 'note checkpoint', params: ({ event }) => ({ checkpoint: event.checkpoint }) } },
    'dispatch.paused': { actions: { type: 'note pause', params: { paused: true } } },
    'dispatch.resumed': { actions: { type: 'note pause', params: { paused: false } } },
    'client.stopped': '.stopped',
  },
  states: {
    idle: {
      always: [
        { guard: 'something is held', target: 'holding' },
        { guard: 'is paused', target: 'paused' },
        { guard: 'something is queued', actions: ['take next', 'send it'], target: 'submitting' },
      ],
    },
    paused: { always: { guard: not('is paused'), target: 'idle' } },
    holding: {
      always: [
        { guard: 'its first pass is over', target: 'computing' },
        { guard: not('something is held'), target: 'idle' },
      ],
    },
    computing: {
      invoke: {
        id: 'secondPass',
        src: 'secondPass',
        input: ({ context }) => ({ key: String(context.held?.entry.id) }),
        onDone: [
          {
            guard: { type: 'has a second pass', params: outcomeOf },
            actions: [{ type: 'note second pass', params: outcomeOf }, 'send it'],
            target: 'submitting',
          },
          { actions: { type: 'note second pass', params: outcomeOf }, target: 'idle' },
        ],
      },
      always: { guard: not('something is held'), target: 'idle' },
    },
    submitting: {
      on: {
        'request.paused': { actions: { type: 'pass on queue state', params: ({ event }) => ({ said: event }) } },
        'submission.settled': [
          { guard: { type: 'is decided', params: settledOf }, actions: { type: 'note answer', params: settledOf }, target: 'idle' },
          { actions: { type: 'note answer', params: settledOf }, target: 'wedged' },
        ],
        'request.settled': [
          { guard: { type: 'is decided', params: settledAloneOf }, actions: { type: 'note answer', params: settledAloneOf }, target: 'idle' },
          { actions: { type: 'note answer', params: settledAloneOf }, target: 'wedged' },
        ],
      },
    },
    wedged: {
      on: {
        'queue.retried': { actions: 'send it', target: 'submitting' },
        'queue.skipped': { actions: ['tell skipped', 'give it up'], target: 'idle' },
        // It has failed already, and what becomes of it is decided by retrying or skipping.
        'operation.cancelled': { guard: { type: 'is the wedged one', params: idOf } },
        'client.stopped': { actions: 'give it up', target: 'stopped' },
      },
    },
    stopped: { type: 'final', entry: ['cancel everything', 'tell parent'] },
  },
});
/** The actor of a training client, for inspection. */
export type TrainingActor = ActorRefFrom<typeof trainingMachine>;
