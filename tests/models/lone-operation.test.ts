import { describe, expect, it } from '@jest/globals';
import type { AnyEventObject, SnapshotFrom } from 'xstate';
import { loneOperationMachine, type LoneOperationInput } from '../../src/machines/lone-operation-machine.js';
import { TinkerError } from '../../src/types/errors.js';
import { explore, held, type Model, type Step } from './explore.js';
import { countedEnds, failure, ofType } from './outcomes.js';

type Snapshot = SnapshotFrom<typeof loneOperationMachine>;

/** What became of it so far. */
interface World {
  readonly expected: 'nothing' | 'done' | TinkerError['kind'];
  readonly ends: number;
}

const answers: readonly AnyEventObject[] = [
  { status: 'answered', requestId: 'r' },
  { status: 'answered', requestId: undefined },
  { status: 'refused', error: failure('http', 400) },
  { status: 'uncertain', error: failure('connection') },
].map((output) => ({ type: 'request.settled', key: 'k', part: 0, output }));
const results: readonly AnyEventObject[] = [{ status: 'done', downloadMs: 1 }, { status: 'failed', error: failure('requestFailed') }].map((output) => ({
  type: 'future.settled',
  key: 'k',
  part: 0,
  output,
}));

function expectedOf(event: AnyEventObject | undefined): World['expected'] {
  if (event?.type.startsWith('xstate.after.patience') === true) return 'timeout';
  if (event?.type === 'future.settled') return event === results[0] ? 'done' : 'requestFailed';
  if (event?.type !== 'request.settled' || event === answers[0]) return 'nothing';
  return event === answers[1] ? 'malformedResponse' : event === answers[2] ? 'http' : 'connection';
}

function step(given: World, { event, told, spawned, after }: Step<Snapshot>): World {
  const expected = expectedOf(event);
  const settled = ofType(told, 'loneOperation.settled');
  held((settled.length > 0) === (expected !== 'nothing'), 'it ends at another time');
  for (const { error } of settled) {
    held((error instanceof TinkerError ? error.kind : 'done') === expected, `it ends otherwise than ${expected}`);
    if (error instanceof TinkerError && expected === 'timeout') held(error.operation === 'createModel' && error.elapsedMs === 30_000, 'its time-out does not say what was waited for');
  }
  held(spawned.every(({ id }) => id === (after.value === 'waiting' ? 'future' : 'request')), 'it asks before it was taken');
  const news = ofType(told, 'loneOperation.queueState').length;
  held(news === (event?.type === 'future.queueState' || event?.type === 'request.paused' ? 1 : 0), 'it does not tell how the queue is');
  return { expected, ends: countedEnds(given.ends, told.filter(({ type }) => type !== 'loneOperation.queueState'), 'loneOperation.settled') };
}

const model: Model<Snapshot, LoneOperationInput, World> = {
  machine: loneOperationMachine,
  input: {
    key: 'k',
    kind: 'createModel',
    patienceMs: 30_000,
    requestPolicy: { attemptTimeoutMs: 60_000, deadlineMs: 0, billingDeadlineMs: 0 },
    futurePolicy: { pollTimeoutMs: 45_000, unreachableDeadlineMs: 0, billingDeadlineMs: 0 },
  },
  world: { expected: 'nothing', ends: 0 },
  events: () => ({
    'request.settled': answers,
    'future.settled': results,
    'request.paused': [{ type: 'request.paused', key: 'k', queueState: 'paused_billing', reason: 'blocked' }],
    'future.queueState': [{ type: 'future.queueState', key: 'k', queueState: 'paused_capacity', reason: 'full' }],
  }),
  step,
  check: ({ snapshot: { status }, alive, timers, world }) => {
    held((status === 'done') === (world.ends === 1), 'it tells its end when it has come to it');
    held(status === 'done' || (alive.length === 1 && timers.length === 1), 'it waits without a limit, or for nothing');
  },
  key: () => undefined,
  isEnd: ({ snapshot: { status } }) => status === 'done',
};

describe('an operation outside of any queue, whatever becomes of it', () => {
  it('waits within its patience, and tells one end', () => {
    expect(explore(model).values).toEqual(['settled', 'submitting', 'waiting']);
  });
});
