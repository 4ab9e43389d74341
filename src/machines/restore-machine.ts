import { assign, fromPromise, sendParent, setup } from 'xstate';
import { asSentence, TinkerError, type RestoreStep } from '../types/errors.js';
import { listed } from './listed.js';

/**
 * A training client made from a checkpoint: `readingMetadata`, `creatingModel`, `loading`, `ready`. Where
 * the server can create a model by loading, `loading` is all there is. Any failure leads to
 * `rollingBack`, which leaves nothing running and nothing loaded, and then to `failed`.
 */
export interface RestoreInput {
  readonly key: string;
  /** Whether the server creates the model by loading, in one request. */
  readonly byLoading: boolean;
}

export interface RestoreStepInput {
  readonly key: string;
}

/** How a step ended; undefined is success. */
export type RestoreStepOutcome = TinkerError | undefined;

/** What the parent hears at the end. */
export interface RestoreSettled {
  readonly type: 'restore.settled';
  readonly key: string;
  readonly error: TinkerError | undefined;
}

export interface RestoreContext extends RestoreInput {
  readonly error: TinkerError | undefined;
}

const stepStub = () =>
  fromPromise<RestoreStepOutcome, RestoreStepInput>(() => Promise.reject(new Error('the restore steps are not provided')));
const outcomeAt =
  (step: RestoreStep) =>
  ({ event }: { event: { output: RestoreStepOutcome } }) => ({ error: event.output, step });

const restoreSetup = setup({
  types: {} as { input: RestoreInput; context: RestoreContext },
  actors: { readMetadata: stepStub(), createModel: stepStub(), load: stepStub(), rollBack: stepStub() },
  guards: {
    'went well': (_, { error }: { error: RestoreStepOutcome }) => error === undefined,
    'creates by loading': ({ context }) => context.byLoading,
  },
  actions: {
    'keep outcome': assign((_, { error, step }: { error: RestoreStepOutcome; step: RestoreStep }) => ({
      error: error === undefined ? undefined : restoreError(error, step),
    })),
    'note roll back': assign(({ context }, { left }: { left: RestoreStepOutcome }) => ({
      error: listed(context.error).map((error) => error.with({}, `${error.message} ${leftInWords(left)}`))[0],
    })),
    'tell parent': sendParent(
      ({ context }): RestoreSettled => ({ type: 'restore.settled', key: context.key, error: context.error }),
    ),
  },
});

const stepInput = ({ context }: { context: RestoreContext }): RestoreStepInput => ({ key: context.key });

export const restoreMachine = restoreSetup.createMachine({
  id: 'restore',
  initial: 'choosing',
  context: ({ input }) => ({ ...input, error: undefined }),
  states: {
    choosing: { always: [{ guard: 'creates by loading', target: 'loading' }, { target: 'readingMetadata' }] },
    readingMetadata: {
      invoke: {
        id: 'readMetadata',
        src: 'readMetadata',
        input: stepInput,
        onDone: [
          {
            guard: { type: 'went well', params: outcomeAt('readingMetadata') },
            actions: { type: 'keep outcome', params: outcomeAt('readingMetadata') },
            target: 'creatingModel',
          },
          { actions: { type: 'keep outcome', params: outcomeAt('readingMetadata') }, target: 'rollingBack' },
        ],
      },
    },
    creatingModel: {
      invoke: {
        id: 'createModel',
        src: 'createModel',
        input: stepInput,
        onDone: [
          {
            guard: { type: 'went well', params: outcomeAt('creatingModel') },
            actions: { type: 'keep outcome', params: outcomeAt('creatingModel') },
            target: 'loading',
          },
          { actions: { type: 'keep outcome', params: outcomeAt('creatingModel') }, target: 'rollingBack' },
        ],
      },
    },
    loading: {
      invoke: {
        id: 'load',
        src: 'load',
        input: stepInput,
        onDone: [
          {
            guard: { type: 'went well', params: outcomeAt('loading') },
            actions: { type: 'keep outcome', params: outcomeAt('loading') },
            target: 'ready',
          },
          { actions: { type: 'keep outcome', params: outcomeAt('loading') }, target: 'rollingBack' },
        ],
      },
    },
    rollingBack: {
      invoke: {
        id: 'rollBack',
        src: 'rollBack',
        input: stepInput,
        onDone: { actions: { type: 'note roll back', params: ({ event }) => ({ left: event.output }) }, target: 'failed' },
      },
    },
    ready: { type: 'final', entry: 'tell parent' },
    failed: { type: 'final', entry: 'tell parent' },
  },
});

const inWords: Readonly<Record<RestoreStep, string>> = {
  readingMetadata: 'reading what the checkpoint holds',
  creatingModel: 'creating the model',
  loading: 'loading the checkpoint',
};

function restoreError(cause: TinkerError, step: RestoreStep): TinkerError {
  return new TinkerError(
    'restoreFailed',
    `The training client could not be restored: ${inWords[step]} failed: ${asSentence(cause.message)}`,
    { step, cause, category: cause.category, status: cause.status, retriable: cause.retriable },
  );
}

function leftInWords(left: RestoreStepOutcome): string {
  return left === undefined
    ? 'Everything made for it was taken back.'
    : `Taking back what was made for it failed too, so the model may stay until the session ends: ${left.message}`;
}
