import { describe, expect, it } from '@jest/globals';
import type { SnapshotFrom } from 'xstate';
import { requestMachine } from '../../src/machines/request-machine.js';
import type { AttemptOutcome, FailedAttempt, RequestInput, RequestOutput } from '../../src/machines/request-messages.js';
import { TinkerError } from '../../src/types/errors.js';
import { explore, held, type Model, type Step } from './explore.js';
import { countedEnds, doneOf, failure, ofType } from './outcomes.js';

type Snapshot = SnapshotFrom<typeof requestMachine>;

/** What happened to a request so far. */
interface World {
  readonly attempts: number;
  readonly spentMs: number;
  readonly billingMs: number;
  /** Whether an attempt so far may have reached the server. */
  readonly doubtful: boolean;
  readonly last: Partial<FailedAttempt> | { readonly kind: 'answered' };
  readonly paused: boolean;
  readonly ends: number;
}

const policy = { attemptTimeoutMs: 1_000, deadlineMs: 2_500, billingDeadlineMs: 6_000 };
const failed = (verdict: FailedAttempt['verdict'], status: number | undefined, mayBeTaken: boolean, retryAfterMs?: number): FailedAttempt => ({
  kind: 'failed',
  error: failure(status === undefined ? 'connection' : 'http', status),
  verdict,
  mayBeTaken,
  retryAfterMs,
  elapsedMs: 400,
  jitter: 0,
});
const outcomes: readonly AttemptOutcome[] = [
  { kind: 'answered', requestId: 'r' },
  { kind: 'held' },
  failed('transient', undefined, false),
  failed('transient', 503, true),
  failed('transient', 429, false, 1_200),
  failed('billing', 402, false),
  failed('definite', 400, false),
  { ...failed('definite', 404, false), error: failure('sessionLost', 404) },
];
const before: World = { attempts: 0, spentMs: 0, billingMs: 0, doubtful: false, last: {}, paused: false, ends: 0 };

function outputOf({ told }: Step<Snapshot>): RequestOutput | undefined {
  const [settled] = ofType(told, 'request.settled');
  if (settled === undefined) return undefined;
  const { output } = settled;
  if (typeof output !== 'object' || output === null || !('status' in output)) throw new Error('a request ends without an outcome');
  const error = 'error' in output && output.error instanceof TinkerError ? output.error : undefined;
  if (output.status === 'answered') return { status: 'answered', requestId: 'requestId' in output ? String(output.requestId) : undefined };
  if ((output.status !== 'refused' && output.status !== 'uncertain') || error === undefined) throw new Error('a request fails without an error');
  return { status: output.status, error };
}

/** What an attempt, or the lack of an answer, adds. */
function afterOutcome(world: World, step: Step<Snapshot>): World {
  const { event } = step;
  if (event?.type.startsWith('xstate.after.attemptTimeout') === true) {
    return { ...world, spentMs: world.spentMs + policy.attemptTimeoutMs, doubtful: true, last: { verdict: 'transient', mayBeTaken: true } };
  }
  if (event?.type !== 'xstate.done.actor.attempt') return world;
  const outcome = outcomes.find((other) => JSON.stringify(other) === JSON.stringify(event['output']));
  if (outcome === undefined) throw new Error('an unknown outcome');
  if (outcome.kind === 'held') return { ...world, attempts: world.attempts - 1 };
  if (outcome.kind === 'answered') return { ...world, last: outcome };
  const { verdict, mayBeTaken, retryAfterMs, elapsedMs, error } = outcome;
  const counted = verdict === 'billing' ? { billingMs: world.billingMs + elapsedMs } : { spentMs: world.spentMs + elapsedMs };
  const last = { verdict, mayBeTaken, retryAfterMs, error: failure(error.kind, error.status) };
  return { ...world, ...counted, doubtful: world.doubtful || mayBeTaken, last };
}

function checkEnd(world: World, output: RequestOutput): void {
  const { last } = world;
  if ('kind' in last && last.kind === 'answered') {
    held(output.status === 'answered' && output.requestId === 'r', 'an answer is an answer');
    return;
  }
  held(output.status !== 'answered' && 'verdict' in last, 'there is no answer without one');
  if (output.status === 'answered' || !('verdict' in last)) return;
  const isGone = last.error?.kind === 'sessionLost';
  held((output.status === 'refused') === (isGone || !world.doubtful), `${output.status} is not what is known of it`);
  held(last.verdict !== 'transient' || world.spentMs >= policy.deadlineMs, 'it is given up before its time');
  held(last.verdict !== 'billing' || world.billingMs >= policy.billingDeadlineMs, 'it does not wait for the account');
  held(output.error.attempts === world.attempts, 'the error counts other attempts');
  held(output.error.elapsedMs === world.spentMs + world.billingMs, 'the error tells another time');
  held(output.error.seqId === 7, 'the error names another number');
}

function step(given: World, taken: Step<Snapshot>): World {
  let world = afterOutcome(given, taken);
  const ends = countedEnds(given.ends, ofType(taken.told, 'request.paused').length > 0 ? [] : taken.told, 'request.settled');
  const output = outputOf(taken);
  if (output !== undefined) checkEnd(world, output);
  for (const { queueState } of ofType(taken.told, 'request.paused')) {
    held((queueState === 'paused_billing') !== world.paused, 'it tells twice that it is paused, or goes on');
    world = { ...world, paused: queueState === 'paused_billing' };
  }
  for (const { type, ms } of taken.waits) {
    if (type.startsWith('xstate.after.pause.')) {
      held(given.spentMs < policy.deadlineMs && world.spentMs < policy.deadlineMs, 'it goes on when its time is up');
      const asked = 'retryAfterMs' in world.last ? world.last.retryAfterMs : undefined;
      const least = Math.min(asked ?? 500, policy.deadlineMs - world.spentMs);
      held(ms >= least && world.spentMs + ms <= policy.deadlineMs, `a pause of ${ms} ms is none that was asked for`);
      world = { ...world, spentMs: world.spentMs + ms };
    }
    if (type.startsWith('xstate.after.billingPause.')) {
      held(ms === 5_000 && world.billingMs < policy.billingDeadlineMs, 'it waits for the account for too long');
      world = { ...world, billingMs: world.billingMs + ms };
    }
  }
  for (const { id, input } of taken.spawned) {
    if (id !== 'attempt') continue;
    held(JSON.stringify(input) === JSON.stringify({ key: 'k', part: 0, kind: 'optimStep', seqId: 7, retryCount: world.attempts }), 'an attempt is another request');
    held(!world.paused, 'it sends while it says that it is paused');
    world = { ...world, attempts: world.attempts + 1 };
  }
  return { ...world, ends };
}

const rests: readonly unknown[] = ['answered', 'refused', 'uncertain'];

const model: Model<Snapshot, RequestInput, World> = {
  machine: requestMachine,
  input: { key: 'k', part: 0, kind: 'optimStep', seqId: 7, policy },
  world: before,
  events: () => ({
    'xstate.done.actor.attempt': outcomes.map((output) => doneOf('attempt', output)),
    'xstate.done.actor.turn': [doneOf('turn', undefined)],
  }),
  step,
  check: ({ snapshot, alive, timers, world }) => {
    const isOver = rests.includes(snapshot.value);
    held(isOver === (world.ends === 1), 'it tells its end when it has come to it');
    held(!isOver || alive.length + timers.length === 0, 'something goes on after its end');
    held(isOver || alive.length + timers.length > 0, 'nothing goes on before its end');
    held(alive.length <= 1, 'two attempts are on their way');
    held(snapshot.value !== 'sending' || timers.length === 1, 'an attempt has no limit');
    held(snapshot.context.attempts === world.attempts, 'it counts other attempts');
  },
  key: ({ context: { attempts, failuresInARow, mayBeTaken, pauseMs } }) => [attempts, failuresInARow, mayBeTaken, pauseMs],
  isEnd: ({ snapshot }) => rests.includes(snapshot.value),
};

describe('a request, whatever happens to it', () => {
  it('is sent again while there is time, and tells one end that is what is known of it', () => {
    const { states, values } = explore(model);
    expect(values).toEqual(['answered', 'backingOff', 'billingPaused', 'refused', 'sending', 'uncertain', 'waiting']);
    expect(states).toBeGreaterThan(500);
  });

  it('leaves doubt where an earlier try may have been taken', () => {
    const { values } = explore({ ...model, input: { ...model.input, mayBeTaken: true }, world: { ...before, doubtful: true } });
    expect(values).toContain('uncertain');
  });
});
