import { assign, sendParent, setup, type ActorRefFrom } from 'xstate';
import { TinkerError } from '../types/errors.js';
import { inVain } from '../types/wait-facts.js';
import { futureFacts } from './future-context.js';
import { futureMachine } from './future-machine.js';
import type { FuturePolicy, FutureQueueState, FutureSettled } from './future-messages.js';
import { listed } from './listed.js';
import { noReceipt, requestFacts } from './request-context.js';
import { requestMachine } from './request-machine.js';
import type { RequestPaused, RequestPolicy, RequestSettled } from './request-messages.js';

/**
 * An operation outside of any queue, such as creating a model: `submitting` until the server has taken
 * it, `waiting` for its result; `settled` too when whoever asked has no patience left.
 */
export interface LoneOperationInput {
  readonly key: string;
  readonly kind: string;
  /** For all of it together. */
  readonly patienceMs: number;
  readonly requestPolicy: RequestPolicy;
  readonly futurePolicy: FuturePolicy;
}

/** What the parent hears at the end. */
export interface LoneOperationSettled {
  readonly type: 'loneOperation.settled';
  readonly key: string;
  readonly error: TinkerError | undefined;
}

/** What the parent hears when the server pauses the operation or takes it up again. */
export interface LoneOperationQueueState extends Omit<FutureQueueState, 'type'> {
  readonly type: 'loneOperation.queueState';
}

export interface LoneOperationContext extends LoneOperationInput {
  readonly requestId: string;
  readonly error: TinkerError | undefined;
}

const settledOf = <Settled>({ event }: { event: Settled }) => ({ settled: event });

const loneOperationSetup = setup({
  types: {} as {
    input: LoneOperationInput;
    context: LoneOperationContext;
    events: RequestPaused | RequestSettled | FutureSettled | FutureQueueState;
    children: { request: 'request'; future: 'future' };
  },
  actors: { request: requestMachine, future: futureMachine },
  guards: {
    'was taken': (_, { settled }: { settled: RequestSettled }) =>
      settled.output.status === 'answered' && settled.output.requestId !== undefined,
  },
  actions: {
    'keep receipt': assign((_, { settled: { output } }: { settled: RequestSettled }) =>
      output.status === 'answered' ? receiptOf(output.requestId) : { error: output.error },
    ),
    'keep outcome': assign(({ context: { kind, requestId } }, { settled: { output } }: { settled: FutureSettled }) =>
      output.status === 'done'
        ? {}
        : { error: output.error.with({ requestId }, `${kind} (request ${requestId}): ${output.error.message}`) },
    ),
    'keep impatience': assign(({ context: { kind, patienceMs }, self }) => {
      const { request, future } = self.getSnapshot().children;
      const facts = { ...listed(request).map(factsOfRequest)[0], ...listed(future).map(factsOfFuture)[0], operation: kind };
      const error = new TinkerError('timeout', `${kind}: no result within ${patienceMs} ms`, { elapsedMs: patienceMs });
      return { error: inVain(error, facts, 'The server may finish it all the same') };
    }),
    'tell queue state': sendParent((_, { key, queueState, reason }: Omit<FutureQueueState, 'type'>): LoneOperationQueueState => ({
      type: 'loneOperation.queueState',
      key,
      queueState,
      reason,
    })),
    'tell parent': sendParent(
      ({ context }): LoneOperationSettled => ({ type: 'loneOperation.settled', key: context.key, error: context.error }),
    ),
  },
  delays: { patience: ({ context }) => context.patienceMs },
});

export const loneOperationMachine = loneOperationSetup.createMachine({
  id: 'loneOperation',
  initial: 'submitting',
  context: ({ input }) => ({ ...input, requestId: '', error: undefined }),
  after: { patience: { actions: 'keep impatience', target: '.settled' } },
  on: {
    'request.paused': { actions: { type: 'tell queue state', params: ({ event }) => event } },
    'future.queueState': { actions: { type: 'tell queue state', params: ({ event }) => event } },
  },
  states: {
    submitting: {
      invoke: {
        id: 'request',
        src: 'request',
        input: ({ context }) => ({
          key: context.key,
          part: 0,
          kind: context.kind,
          seqId: undefined,
          policy: context.requestPolicy,
        }),
      },
      on: {
        'request.settled': [
          {
            guard: { type: 'was taken', params: settledOf },
            actions: { type: 'keep receipt', params: settledOf },
            target: 'waiting',
          },
          { actions: { type: 'keep receipt', params: settledOf }, target: 'settled' },
        ],
      },
    },
    waiting: {
      invoke: {
        id: 'future',
        src: 'future',
        input: ({ context }) => ({
          key: context.key,
          part: 0,
          kind: context.kind,
          seqId: undefined,
          requestId: context.requestId,
          policy: context.futurePolicy,
        }),
      },
      on: { 'future.settled': { actions: { type: 'keep outcome', params: settledOf }, target: 'settled' } },
    },
    settled: { type: 'final', entry: 'tell parent' },
  },
});

const factsOfRequest = (request: ActorRefFrom<typeof requestMachine>) => requestFacts(request.getSnapshot().context);
const factsOfFuture = (future: ActorRefFrom<typeof futureMachine>) => futureFacts(future.getSnapshot().context);

function receiptOf(requestId: string | undefined): Partial<LoneOperationContext> {
  return requestId === undefined ? { error: noReceipt() } : { requestId };
}
