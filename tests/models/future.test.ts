import { describe, expect, it } from '@jest/globals';
import type { SnapshotFrom } from 'xstate';
import { futureMachine } from '../../src/machines/future-machine.js';
import type { FutureInput, PollOf, PollOutcome } from '../../src/machines/future-messages.js';
import { isRecord } from '../../src/types/check.js';
import { explore, held, type Model, type State, type Step } from './explore.js';
import { countedEnds, doneOf, failure, ofType } from './outcomes.js';

type Snapshot = SnapshotFrom<typeof futureMachine>;

/** What happened to the wait for a result so far. */
interface World {
  readonly polls: number;
  /** Since the server was last heard of. */
  readonly silentMs: number;
  readonly wasSilent: boolean;
  /** Pauses for the account since the server last said "not yet". */
  readonly billingMs: number;
  /** Doubtful answers since the server last said "not yet". */
  readonly doubts: number;
  readonly announced: boolean;
  readonly ends: number;
}

const policy = { pollTimeoutMs: 45_000, unreachableDeadlineMs: 50_000, billingDeadlineMs: 6_000 };
const unreachable: PollOf<'unreachable'> = { kind: 'unreachable', error: failure('http', 503), retryAfterMs: undefined, elapsedMs: 30_000, jitter: 0 };
const outcomes: readonly PollOutcome[] = [
  { kind: 'ready', downloadMs: 3 },
  { kind: 'pending', queueState: undefined, reason: undefined },
  { kind: 'pending', queueState: 'paused_capacity', reason: 'full' },
  { kind: 'announced', bytes: 10 },
  { kind: 'failed', error: failure('requestFailed') },
  { kind: 'billing', error: failure('billing', 402) },
  { kind: 'doubtful', error: failure('http', 404), jitter: 0 },
  { kind: 'doubtful', error: failure('malformedResponse', 200), jitter: 0 },
  unreachable,
];
const before: World = { polls: 0, silentMs: 0, wasSilent: false, billingMs: 0, doubts: 0, announced: false, ends: 0 };
const mostPolls = 5;

/** What the wait has to come to: an end, another poll after a pause, or room first. */
type Verdict = 'done' | 'failed' | 'again' | 'reserve';

function judge(world: World, outcome: PollOutcome): { readonly world: World; readonly verdict: Verdict } {
  const heard = { ...world, silentMs: 0 };
  switch (outcome.kind) {
    case 'ready':
      return { world, verdict: 'done' };
    case 'failed':
      return { world, verdict: 'failed' };
    case 'pending':
      return { world: { ...heard, billingMs: 0, doubts: 0 }, verdict: 'again' };
    case 'announced':
      return { world: { ...heard, announced: true }, verdict: world.announced ? 'failed' : 'reserve' };
    case 'billing':
      return { world: heard, verdict: world.billingMs < policy.billingDeadlineMs ? 'again' : 'failed' };
    case 'doubtful': {
      const isExplained = outcome.error.status !== 404 || world.wasSilent;
      return { world: { ...world, doubts: world.doubts + 1 }, verdict: isExplained && world.doubts < 3 ? 'again' : 'failed' };
    }
    case 'unreachable': {
      const silentMs = world.silentMs + outcome.elapsedMs;
      return { world: { ...world, silentMs, wasSilent: true }, verdict: silentMs < policy.unreachableDeadlineMs ? 'again' : 'failed' };
    }
  }
}

function outcomeIn({ event }: Step<Snapshot>): PollOutcome | undefined {
  if (event?.type.startsWith('xstate.after.pollTimeout') === true) return { ...unreachable, elapsedMs: policy.pollTimeoutMs };
  if (event?.type !== 'xstate.done.actor.poll') return undefined;
  return outcomes.find((outcome) => JSON.stringify(outcome) === JSON.stringify(event['output']));
}

function step(given: World, taken: Step<Snapshot>, { snapshot: { value, context } }: State<Snapshot, World>): World {
  let world = given;
  const news = ofType(taken.told, 'future.queueState');
  const ends = countedEnds(given.ends, taken.told.filter(({ type }) => type !== 'future.queueState'), 'future.settled');
  const outcome = outcomeIn(taken);
  if (outcome !== undefined) {
    const judged = judge(world, outcome);
    world = judged.world;
    const came: Verdict = value === 'done' || value === 'failed' ? value : value === 'reserving' ? 'reserve' : 'again';
    held(came === judged.verdict, `${outcome.kind} comes to ${came} instead of ${judged.verdict}`);
    const isNews = outcome.kind === 'pending' || outcome.kind === 'billing';
    held(news.length === (isNews ? 1 : 0), 'it tells how the queue is when it hears it, and only then');
    if (outcome.kind === 'pending') held(news[0]?.['queueState'] === outcome.queueState, 'it tells another state of the queue');
    if (outcome.kind === 'billing') held(news[0]?.['queueState'] === 'paused_billing', 'it does not tell that the account is blocked');
  }
  for (const { output } of ofType(taken.told, 'future.settled')) {
    held(isRecord(output) && output['status'] === value, 'it tells another end than it has come to');
    if (taken.event?.type.startsWith('xstate.error') === true) held(isRecord(output) && String(output['error']).includes('given up'), 'it hides that there is no room');
  }
  for (const { type, ms } of taken.waits) {
    if (type.startsWith('xstate.after.pause.')) {
      held(ms >= 20 || world.silentMs + ms === policy.unreachableDeadlineMs, `it asks again after ${ms} ms`);
      if (type.endsWith('backingOff')) {
        world = { ...world, silentMs: world.silentMs + ms };
        held(world.silentMs <= policy.unreachableDeadlineMs, 'it pauses beyond its time');
      }
    }
    if (type.startsWith('xstate.after.billingPause.')) world = { ...world, billingMs: world.billingMs + ms };
  }
  for (const { id, input } of taken.spawned) {
    if (id !== 'poll') continue;
    const asked = { key: 'k', part: 1, requestId: 'r', iteration: world.polls, allowMetadataOnly: !world.announced };
    held(JSON.stringify(input) === JSON.stringify(asked), `it asks with ${JSON.stringify(input)}`);
    world = { ...world, polls: world.polls + 1 };
  }
  held(context.polls === world.polls, 'it counts other polls');
  return { ...world, ends };
}

const model: Model<Snapshot, FutureInput, World> = {
  machine: futureMachine,
  input: { key: 'k', part: 1, kind: 'optimStep', seqId: 7, requestId: 'r', policy },
  world: before,
  events: () => ({
    'xstate.done.actor.poll': outcomes.map((output) => doneOf('poll', output)),
    'xstate.done.actor.reserve': [doneOf('reserve', undefined)],
    'xstate.error.actor.reserve': [{ type: 'xstate.error.actor.reserve', error: new Error('nobody waits') }],
  }),
  step,
  check: ({ snapshot: { value }, alive, timers, world }) => {
    const isOver = value === 'done' || value === 'failed';
    held(isOver === (world.ends === 1), 'it tells its end when it has come to it');
    held(isOver !== alive.length + timers.length > 0, 'something goes on until its end, and nothing after it');
    held(alive.length <= 1, 'it asks twice at a time');
    held(value !== 'asking' || timers.length === 1, 'a poll has no limit');
  },
  key: ({ context: { pauseMs, notReadyInARow, unreachableInARow, allowMetadataOnly } }) => [pauseMs, notReadyInARow, unreachableInARow, allowMetadataOnly],
  isEnd: ({ snapshot }) => snapshot.value === 'done' || snapshot.value === 'failed',
  isFar: ({ world }) => world.polls > mostPolls,
};

describe('the wait for a result, whatever the server answers', () => {
  it('asks until there is a result, a failure, or no time left, and tells one end', () => {
    const { states, values } = explore(model);
    expect(values).toEqual(['asking', 'backingOff', 'billingPaused', 'done', 'doubting', 'failed', 'notReady', 'reserving']);
    expect(states).toBeGreaterThan(500);
  });
});
