import { assign, fromPromise, setup } from 'xstate';
import type { TelemetrySendInput, TelemetrySent } from './telemetry-messages.js';

/**
 * The sending of telemetry (wire protocol §8.3): `idle` with nothing to send, `gathering` a batch,
 * `sending` one, `backingOff` before it is sent again, `off` for good where the server takes none. The
 * events themselves are kept outside: here are only counts. It belongs to the service, so no client's
 * end ends it, and whatever befalls it concerns nobody else.
 */
export interface TelemetryContext {
  /** Events that are not sent yet. */
  readonly waiting: number;
  /** Whether one of them is not to wait for the batch to fill. */
  readonly urgent: boolean;
  /** Attempts in a row that failed. */
  readonly failures: number;
}

export interface TelemetryNoted {
  readonly type: 'telemetry.noted';
  readonly waiting: number;
  readonly urgent: boolean;
}

/** Most events of a request. */
export const batchSize = 100;
const flushMs = 10_000;
const sendTimeoutMs = 5_000;
const mostAttempts = 4;
const firstPauseMs = 1_000;

const outcomeOf = ({ event }: { event: { output: TelemetrySent } }) => ({ sent: event.output });

const telemetrySetup = setup({
  types: {} as { context: TelemetryContext; events: TelemetryNoted },
  actors: {
    send: fromPromise<TelemetrySent, TelemetrySendInput>(() => Promise.reject(new Error('send is not provided'))),
  },
  guards: {
    'cannot wait': ({ context }) => context.waiting > 0 && (context.urgent || context.waiting >= batchSize),
    'something waits': ({ context }) => context.waiting > 0,
    'may be tried again': ({ context }) => context.failures < mostAttempts,
    'is not offered': (_, { sent }: { sent: TelemetrySent }) => sent.kind === 'notOffered',
    'failed in passing': (_, { sent }: { sent: TelemetrySent }) => sent.kind === 'failed',
  },
  actions: {
    'keep note': assign(({ context }, { waiting, urgent }: Pick<TelemetryNoted, 'waiting' | 'urgent'>) => ({
      waiting,
      urgent: context.urgent || urgent,
    })),
    'see to urgency': assign({ urgent: false }),
    'keep outcome': assign(({ context }, { sent }: { sent: TelemetrySent }) => ({
      waiting: sent.waiting,
      failures: sent.kind === 'failed' ? context.failures + 1 : 0,
    })),
    'count time-out': assign({ failures: ({ context }) => context.failures + 1 }),
    'begin anew': assign({ failures: 0 }),
  },
  delays: {
    flush: flushMs,
    sendTimeout: sendTimeoutMs,
    pause: ({ context }) => firstPauseMs * 2 ** (context.failures - 1),
  },
});

export const telemetryMachine = telemetrySetup.createMachine({
  id: 'telemetry',
  initial: 'idle',
  context: { waiting: 0, urgent: false, failures: 0 },
  on: {
    'telemetry.noted': { actions: { type: 'keep note', params: ({ event: { waiting, urgent } }) => ({ waiting, urgent }) } },
  },
  states: {
    idle: { always: { guard: 'something waits', target: 'gathering' } },
    gathering: {
      always: { guard: 'cannot wait', target: 'sending' },
      after: { flush: 'sending' },
    },
    sending: {
      entry: 'see to urgency',
      invoke: {
        id: 'send',
        src: 'send',
        input: ({ context }) => ({ isLast: context.failures === mostAttempts - 1 }),
        onDone: [
          { guard: { type: 'is not offered', params: outcomeOf }, target: 'off' },
          {
            guard: { type: 'failed in passing', params: outcomeOf },
            actions: { type: 'keep outcome', params: outcomeOf },
            target: 'deciding',
          },
          { actions: { type: 'keep outcome', params: outcomeOf }, target: 'idle' },
        ],
      },
      after: { sendTimeout: { actions: 'count time-out', target: 'deciding' } },
    },
    deciding: {
      always: [
        { guard: 'may be tried again', target: 'backingOff' },
        { actions: 'begin anew', target: 'idle' },
      ],
    },
    backingOff: { after: { pause: 'sending' } },
    off: {},
  },
});
