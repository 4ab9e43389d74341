import { assign, emit, enqueueActions, setup, type ActorRefFrom } from 'xstate';
import { withShortcuts, type Change } from './shortcuts.js';

/**
 * What all sampling of one service passes before it is sent (wire protocol §3.8, §4.7): `open`, within
 * limits; `backingOff` once the server has pushed back and `billingPaused` while the account is blocked:
 * nobody is let in, and who was pushed back waits inside; then `throttled` for a while, within much
 * narrower limits. It knows sizes and counts only; the requests themselves are kept outside.
 */
export interface SamplingGateInput {
  /** Estimated bytes of prompts that may be on their way at once. */
  readonly dispatchBytes: number;
}

/** What a dispatch takes up while it is inside. */
export interface Charge {
  readonly bytes: number;
  /** Whether it was let in while the gate was throttled. */
  readonly throttled: boolean;
}

export interface Waiting {
  readonly key: string;
  /** Estimated bytes of the prompt. */
  readonly bytes: number;
}

export interface SamplingGateContext {
  readonly waiting: readonly Waiting[];
  readonly inside: number;
  /** How many of those inside came in while the gate was throttled. */
  readonly insideThrottled: number;
  /** Bytes left; negative while an oversized prompt is inside. */
  readonly balance: number;
  /** When the server pushed back last, and until when nothing is sent because of it. */
  readonly pushedBackAt: number;
  readonly until: number;
  /** Since when the account is blocked, without a break; undefined while it is not. */
  readonly billingSince: number | undefined;
}

export type SamplingGateEvent =
  | { readonly type: 'dispatch.wanted'; readonly key: string; readonly bytes: number }
  | { readonly type: 'dispatch.withdrawn'; readonly key: string }
  | { readonly type: 'dispatch.left'; readonly charge: Charge; readonly accepted: boolean }
  | { readonly type: 'dispatch.pushedBack'; readonly at: number; readonly pauseMs: number }
  | { readonly type: 'dispatch.billed'; readonly at: number; readonly pauseMs: number };

export type SamplingGateEmitted =
  | { readonly type: 'dispatch.admitted'; readonly key: string; readonly charge: Charge }
  | { readonly type: 'pause.over' };

const mostInside = 400;
const mostInsideThrottled = 10;
const throttledWeight = 20;
const throttledMs = 10_000;
const billingMemoryMs = 300_000;

const gateSetup = setup({
  types: {} as {
    input: SamplingGateInput;
    context: SamplingGateContext;
    events: SamplingGateEvent;
    emitted: SamplingGateEmitted;
  },
  guards: {
    'may come in at once': ({ context }) => mayComeIn(context),
    'nobody waits': ({ context }) => context.waiting.length === 0,
  },
  actions: {
    'let come in': assign(({ context }, entry: Waiting) => withOneInside(context, entry)),
    'tell that it came in': emit((_, entry: Waiting) => admitted(entry)),
    'let wait': assign(({ context }, { key, bytes }: Waiting) => ({ waiting: [...context.waiting, { key, bytes }] })),
    'forget waiting': assign(({ context }, { key }: { key: string }) => ({ waiting: context.waiting.filter((entry) => entry.key !== key) })),
    'let out': assign(({ context }, left: Left) => withOneOutside(context, left)),
    'let in': enqueueActions(({ context, enqueue }, { throttled }: { throttled: boolean }) => {
      let now = context;
      for (;;) {
        const next = letNextIn(now, throttled);
        if (next === undefined) break;
        enqueue.emit({ type: 'dispatch.admitted', key: next.key, charge: next.charge });
        now = next.context;
      }
      enqueue.assign(now);
    }),
    'set pause': assign(({ context }, { at, pauseMs }: { at: number; pauseMs: number }) => ({
      pushedBackAt: at,
      until: Math.max(context.until, at + pauseMs),
    })),
    'note billing': assign(({ context }, { at }: { at: number }) => ({
      billingSince: context.billingSince === undefined || at - context.pushedBackAt > billingMemoryMs ? at : context.billingSince,
    })),
    'tell that it is over': emit({ type: 'pause.over' }),
  },
  delays: {
    pause: ({ context }) => context.until - context.pushedBackAt,
    throttled: throttledMs,
  },
});

const waitingOf = ({ event: { key, bytes } }: { event: Waiting }) => ({ key, bytes });
const pauseOf = ({ event: { at, pauseMs } }: { event: { at: number; pauseMs: number } }) => ({ at, pauseMs });
const outOf = ({ event: { charge, accepted } }: { event: Left }) => ({ charge, accepted });
const narrow = { type: 'let in', params: { throttled: true } } as const;
const wide = { type: 'let in', params: { throttled: false } } as const;

export const samplingGateMachine = gateSetup.createMachine({
  id: 'samplingGate',
  initial: 'open',
  context: ({ input }) => ({
    waiting: [],
    inside: 0,
    insideThrottled: 0,
    balance: input.dispatchBytes,
    pushedBackAt: 0,
    until: 0,
    billingSince: undefined,
  }),
  on: {
    'dispatch.wanted': { actions: { type: 'let wait', params: waitingOf } },
    'dispatch.withdrawn': { actions: { type: 'forget waiting', params: ({ event }) => ({ key: event.key }) } },
    'dispatch.left': { actions: { type: 'let out', params: outOf } },
    'dispatch.pushedBack': { actions: { type: 'set pause', params: pauseOf }, target: '.backingOff' },
    'dispatch.billed': {
      actions: [{ type: 'note billing', params: pauseOf }, { type: 'set pause', params: pauseOf }],
      target: '.billingPaused',
    },
  },
  states: {
    open: {
      on: {
        // The way of nearly all: through the line they would take three times as long.
        'dispatch.wanted': [
          {
            guard: 'may come in at once',
            actions: [{ type: 'let come in', params: waitingOf }, { type: 'tell that it came in', params: waitingOf }],
          },
          { actions: { type: 'let wait', params: waitingOf } },
        ],
        'dispatch.left': [
          { guard: 'nobody waits', actions: { type: 'let out', params: outOf } },
          { actions: [{ type: 'let out', params: outOf }, wide] },
        ],
      },
    },
    backingOff: { after: { pause: { actions: 'tell that it is over', target: 'throttled' } } },
    billingPaused: { after: { pause: { actions: 'tell that it is over', target: 'throttled' } } },
    throttled: {
      entry: narrow,
      on: {
        'dispatch.wanted': { actions: [{ type: 'let wait', params: waitingOf }, narrow] },
        'dispatch.left': { actions: [{ type: 'let out', params: outOf }, narrow] },
      },
      after: { throttled: { actions: wide, target: 'open' } },
    },
  },
});
export type SamplingGateActor = ActorRefFrom<typeof samplingGateMachine>;

/** Lets the first one in, if there is one and there is room for it. */
function letNextIn(context: SamplingGateContext, throttled: boolean) {
  const { waiting, inside, insideThrottled, balance } = context;
  const [first, ...rest] = waiting;
  const isFull = inside >= mostInside || balance < 0 || (throttled && insideThrottled >= mostInsideThrottled);
  if (first === undefined || isFull) return undefined;
  const charge: Charge = { bytes: first.bytes * (throttled ? throttledWeight : 1), throttled };
  return {
    key: first.key,
    charge,
    context: {
      ...context,
      waiting: rest,
      inside: inside + 1,
      insideThrottled: insideThrottled + (throttled ? 1 : 0),
      balance: balance - charge.bytes,
    },
  };
}

export interface Left {
  readonly charge: Charge;
  /** Whether the server has taken the request. */
  readonly accepted: boolean;
}

function mayComeIn({ waiting, inside, balance }: SamplingGateContext): boolean {
  return waiting.length === 0 && inside < mostInside && balance >= 0;
}

function withOneInside(context: SamplingGateContext, { bytes }: Waiting): SamplingGateContext {
  return { ...context, inside: context.inside + 1, balance: context.balance - bytes };
}

function admitted({ key, bytes }: Waiting): SamplingGateEmitted {
  return { type: 'dispatch.admitted', key, charge: { bytes, throttled: false } };
}

function withOneOutside(context: SamplingGateContext, { charge, accepted }: Left): SamplingGateContext {
  return {
    ...context,
    inside: context.inside - 1,
    insideThrottled: context.insideThrottled - (charge.throttled ? 1 : 0),
    balance: context.balance + charge.bytes,
    billingSince: accepted ? undefined : context.billingSince,
  };
}

/** The machine as it runs: the two events that come with every sample take shortcuts where nothing is in its way. */
export function runningGate(): typeof samplingGateMachine {
  const machine = samplingGateMachine.provide({});
  withShortcuts(machine, ({ value, context }, event): Change<SamplingGateContext, SamplingGateEmitted> | undefined => {
    if (value !== 'open') return undefined;
    if (event.type === 'dispatch.wanted' && mayComeIn(context)) return { context: withOneInside(context, event), emitted: admitted(event) };
    if (event.type === 'dispatch.left' && context.waiting.length === 0) return { context: withOneOutside(context, event) };
    return undefined;
  });
  return machine;
}
