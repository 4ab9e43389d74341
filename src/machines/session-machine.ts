import { assign, sendParent, setup } from 'xstate';
import { TinkerError } from '../types/errors.js';
import { listed } from './listed.js';
import { requestMachine } from './request-machine.js';
import type { RequestPaused, RequestPolicy, RequestSettled } from './request-messages.js';

/**
 * The session with the server: `opening`, `alive` with a heartbeat every ten seconds, `failed` when it
 * could not be opened (asked again, it tries again), `lost` when the server says that it does not know
 * it, in answer to a heartbeat or to any other request, or answers heartbeats with a 404 that says
 * nothing for five minutes. While alive, its `pulse` is `resting` between
 * heartbeats and `asking` during one, and its `condition` is `beating`, or `atRisk` after two minutes
 * without a successful one.
 */
export interface SessionInput {
  readonly requestPolicy: RequestPolicy;
  readonly heartbeatMs: number;
  readonly atRiskMs: number;
  /** Without a successful heartbeat for so long, a 404 without a reason is believed. */
  readonly lostMs: number;
}

export type SessionEvent =
  | { readonly type: 'session.wanted' }
  | { readonly type: 'session.refused'; readonly error: TinkerError }
  | RequestPaused
  | RequestSettled;

/** What the parent hears. */
export type SessionNews =
  | { readonly type: 'session.opened' }
  | { readonly type: 'session.failed'; readonly error: TinkerError }
  /** `silentMs`: milliseconds since the last successful heartbeat. */
  | { readonly type: 'session.atRisk'; readonly silentMs: number }
  | { readonly type: 'session.recovered' }
  | { readonly type: 'session.lost'; readonly error: TinkerError };

export interface SessionContext extends SessionInput {
  /** Milliseconds since the last successful heartbeat, as of the end of the last one. */
  readonly silentMs: number;
}

/** The keys under which the session's two requests are kept. */
export const sessionKeys = { create: 'session.create', heartbeat: 'session.heartbeat' } as const;

const heartbeatTimeoutMs = 10_000;
const settledOf = ({ event }: { event: RequestSettled }) => ({ settled: event });

const sessionSetup = setup({
  types: {} as { input: SessionInput; context: SessionContext; events: SessionEvent },
  actors: { request: requestMachine },
  guards: {
    'was answered': (_, { settled }: { settled: RequestSettled }) => settled.output.status === 'answered',
    // One 404 may come from a proxy whose server is being replaced.
    'session is unknown': ({ context }, { settled }: { settled: RequestSettled }) =>
      settled.output.error?.status === 404 && silenceAfter(context, settled) >= context.lostMs,
    'silent for too long': ({ context }) => context.silentMs >= context.atRiskMs,
    'heard from': ({ context }) => context.silentMs === 0,
  },
  actions: {
    'note heartbeat': assign(({ context }, { settled }: { settled: RequestSettled }) => ({ silentMs: silenceAfter(context, settled) })),
    'tell how opening went': sendParent((_, { settled: { output } }: { settled: RequestSettled }): SessionNews =>
      output.status === 'answered' ? { type: 'session.opened' } : { type: 'session.failed', error: output.error },
    ),
    'tell at risk': sendParent(({ context }): SessionNews => ({ type: 'session.atRisk', silentMs: context.silentMs })),
    'tell recovered': sendParent((): SessionNews => ({ type: 'session.recovered' })),
    'tell lost': sendParent((_, { error }: { error: TinkerError | undefined }): SessionNews => ({ type: 'session.lost', error: sessionLost(error) })),
    'pass on pause': sendParent((_, { paused }: { paused: RequestPaused }) => paused),
  },
  delays: { heartbeat: ({ context }) => context.heartbeatMs },
});

export const sessionMachine = sessionSetup.createMachine({
  id: 'session',
  initial: 'opening',
  context: ({ input }) => ({ ...input, silentMs: 0 }),
  states: {
    opening: {
      invoke: { id: 'request', src: 'request', input: ({ context }) => requestInput(sessionKeys.create, context.requestPolicy) },
      on: {
        'request.paused': { actions: { type: 'pass on pause', params: ({ event }) => ({ paused: event }) } },
        'request.settled': [
          {
            guard: { type: 'was answered', params: settledOf },
            actions: { type: 'tell how opening went', params: settledOf },
            target: 'alive',
          },
          { actions: { type: 'tell how opening went', params: settledOf }, target: 'failed' },
        ],
      },
    },
    alive: {
      type: 'parallel',
      on: {
        'session.refused': { actions: { type: 'tell lost', params: ({ event }) => ({ error: event.error }) }, target: 'lost' },
      },
      states: {
        pulse: {
          initial: 'resting',
          states: {
            resting: { after: { heartbeat: 'asking' } },
            asking: {
              invoke: {
                id: 'request',
                src: 'request',
                input: ({ context }) => ({
                  ...requestInput(sessionKeys.heartbeat, context.requestPolicy),
                  policy: { attemptTimeoutMs: heartbeatTimeoutMs, deadlineMs: 0, billingDeadlineMs: 0 },
                }),
              },
              on: {
                'request.settled': [
                  {
                    guard: { type: 'session is unknown', params: settledOf },
                    actions: { type: 'tell lost', params: ({ event }) => ({ error: event.output.error }) },
                    target: '#session.lost',
                  },
                  { actions: { type: 'note heartbeat', params: settledOf }, target: 'resting' },
                ],
              },
            },
          },
        },
        condition: {
          initial: 'beating',
          states: {
            beating: { always: { guard: 'silent for too long', actions: 'tell at risk', target: 'atRisk' } },
            atRisk: { always: { guard: 'heard from', actions: 'tell recovered', target: 'beating' } },
          },
        },
      },
    },
    failed: { on: { 'session.wanted': 'opening' } },
    lost: {},
  },
});

function requestInput(key: string, policy: RequestPolicy) {
  return { key, part: 0, kind: key, seqId: undefined, policy };
}

function silenceAfter({ silentMs, heartbeatMs }: SessionContext, { output }: RequestSettled): number {
  if (output.status === 'answered') return 0;
  // A heartbeat that times out is itself a part of the silence.
  return listed(output.error.elapsedMs).reduce((sum, ms) => sum + ms, silentMs + heartbeatMs);
}

/** What every request of a session that is gone ends with. */
export function sessionLost(cause: TinkerError | undefined): TinkerError {
  if (cause?.kind === 'sessionLost') return cause;
  return new TinkerError(
    'sessionLost',
    'The server does not know this session any more: it expired or the server lost it. Open a new ServiceClient and ' +
      'restore from the last checkpoint with createTrainingClientFromStateWithOptimizer.',
    { cause, status: 404 },
  );
}
