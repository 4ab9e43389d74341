import { describe, expect, it } from '@jest/globals';
import { createActor } from 'xstate';
import { futureMachine } from '../../src/machines/future-machine.js';
import type { FuturePolicy, PollInput, PollOutcome, ReserveInput } from '../../src/machines/future-messages.js';
import { TinkerError } from '../../src/types/errors.js';
import { errorOf, factsOf, leftOf, never, nothingUnderway, Parent, Script, settle, statesOf } from '../support/machines.js';

const policy: FuturePolicy = { pollTimeoutMs: 45_000, unreachableDeadlineMs: 3_600_000, billingDeadlineMs: 3_600_000 };
const ready: PollOutcome = { kind: 'ready', downloadMs: 12 };
const notYet: PollOutcome = { kind: 'pending', queueState: undefined, reason: undefined };
const announced: PollOutcome = { kind: 'announced', bytes: 1_000 };
const blocked: PollOutcome = { kind: 'billing', error: errorOf('billing', 402, 'card expired') };

function unreachable(more: Partial<Extract<PollOutcome, { kind: 'unreachable' }>> = {}): PollOutcome {
  return { kind: 'unreachable', error: errorOf('http', 503), retryAfterMs: undefined, elapsedMs: 0, jitter: 0, ...more };
}

function doubtful(status?: number): PollOutcome {
  return { kind: 'doubtful', error: errorOf(status === undefined ? 'malformedResponse' : 'http', status), jitter: 0 };
}

async function run(
  outcomes: readonly (PollOutcome | Promise<PollOutcome>)[],
  { reservations = [], limits = policy }: { reservations?: readonly Promise<undefined>[]; limits?: FuturePolicy } = {},
) {
  const parent = new Parent();
  const polls = new Script<PollOutcome, PollInput>(...outcomes);
  const reserve = new Script<undefined, ReserveInput>(...reservations);
  const input = { key: 'k', part: 1, kind: 'forward', seqId: 3, requestId: 'r1', policy: limits };
  const machine = futureMachine.provide({ actors: { poll: polls.actor, reserve: reserve.actor } });
  const actor = createActor(machine, { input, parent: parent.ref });
  const states = statesOf(actor);
  actor.start();
  await settle();
  return { parent, polls, reserve, actor, states, left: () => leftOf(actor, parent.clock) };
}

type Run = Awaited<ReturnType<typeof run>>;

async function expectPause({ parent, polls }: Run, ms: number): Promise<void> {
  const before = polls.inputs.length;
  await parent.pass(ms - 1);
  expect(polls.inputs).toHaveLength(before);
  await parent.pass(1);
  expect(polls.inputs).toHaveLength(before + 1);
}

const settled = (output: unknown) => ({ type: 'future.settled', key: 'k', part: 1, output });
const done = settled({ status: 'done', downloadMs: 12 });
const failedAs = (error: object) => settled({ status: 'failed', error: { retriable: false, ...error } });
const said = (queueState?: string, reason?: string) => ({ type: 'future.queueState', key: 'k', queueState, reason });

describe('futureMachine', () => {
  it('ends with the first answer that holds the result', async () => {
    const future = await run([ready]);
    expect(future.states).toEqual(['asking', 'done']);
    expect(future.polls.inputs).toEqual([{ key: 'k', part: 1, requestId: 'r1', iteration: 0, allowMetadataOnly: true }]);
    expect(future.parent.events).toEqual([done]);
    expect(future.actor.getSnapshot().context.output).toEqual({ status: 'done', downloadMs: 12 });
    expect(future.left()).toEqual(nothingUnderway);
  });

  it('ends at once when the operation failed', async () => {
    const error = new TinkerError('requestFailed', 'bad loss', { category: 'user' });
    const future = await run([{ kind: 'failed', error }]);
    expect(future.states).toEqual(['asking', 'failed']);
    expect(future.parent.events).toEqual([settled({ status: 'failed', error })]);
    expect(future.left()).toEqual(nothingUnderway);
  });

  it('fails with the expiry of the result', async () => {
    const error = new TinkerError('promiseExpired', 'gone', { status: 410 });
    const future = await run([notYet, { kind: 'failed', error }]);
    await expectPause(future, 20);
    expect(factsOf(future.parent.events.at(-1))).toEqual(failedAs({ kind: 'promiseExpired', message: 'gone', status: 410 }));
    expect(future.left()).toEqual(nothingUnderway);
  });

  it('says what is missing without its actors', async () => {
    const input = { key: 'k', part: 1, kind: 'forward', seqId: 3, requestId: 'r1', policy };
    const errors: unknown[] = [];
    const actor = createActor(futureMachine, { input, parent: new Parent().ref });
    actor.subscribe({ error: (error) => errors.push(error) });
    actor.start();
    await settle();
    expect(errors).toEqual([new Error('poll is not provided')]);
  });
});

describe('futureMachine told "not yet"', () => {
  it('pauses 20 ms, doubling to 1 s, and tells each time what the server says of its queue', async () => {
    const paused: PollOutcome = { kind: 'pending', queueState: 'paused_capacity', reason: 'busy' };
    const future = await run([notYet, paused, notYet, notYet, notYet, notYet, notYet, notYet, ready]);
    for (const pause of [20, 40, 80, 160, 320, 640, 1_000, 1_000]) await expectPause(future, pause);
    expect(future.polls.inputs.map(({ iteration }) => iteration)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(future.parent.events).toEqual([
      said(), said('paused_capacity', 'busy'), said(), said(), said(), said(), said(), said(), done,
    ]);
    expect(future.states.slice(0, 5)).toEqual(['asking', 'notReady', 'asking', 'notReady', 'asking']);
    expect(future.left()).toEqual(nothingUnderway);
  });

  it('starts again with short pauses after the server was out of reach', async () => {
    const future = await run([notYet, notYet, unreachable(), notYet, ready]);
    for (const pause of [20, 40, 500, 20]) await expectPause(future, pause);
    expect(future.left()).toEqual(nothingUnderway);
  });
});

describe('futureMachine out of reach', () => {
  it('pauses 0.5 s, doubling to 30 s, less jitter, or as asked', async () => {
    const outcomes = [...Array.from({ length: 7 }, () => unreachable()), unreachable({ jitter: 1 }), unreachable({ retryAfterMs: 7_000 }), ready];
    const future = await run(outcomes);
    for (const pause of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 22_500, 7_000]) await expectPause(future, pause);
    expect(future.states.slice(0, 3)).toEqual(['asking', 'backingOff', 'asking']);
    expect(future.parent.events).toEqual([done]);
    expect(future.left()).toEqual(nothingUnderway);
  });

  it('makes one last poll at the deadline, then fails', async () => {
    const future = await run([unreachable({ elapsedMs: 100 }), unreachable({ elapsedMs: 100 }), unreachable({ elapsedMs: 50 })], {
      limits: { ...policy, unreachableDeadlineMs: 1_000 },
    });
    await expectPause(future, 500);
    await expectPause(future, 300);
    expect(factsOf(future.parent.events)).toEqual([
      failedAs({ kind: 'http', message: 'http 503', status: 503, attempts: 3, elapsedMs: 1_050 }),
    ]);
    expect(future.left()).toEqual(nothingUnderway);
  });

  it.each([
    ['said "not yet"', notYet, 20],
    ['asked for payment', blocked, 5_000],
  ])('counts the deadline anew once the server has %s', async (_, answer, pause) => {
    const future = await run([unreachable(), answer, unreachable(), unreachable()], { limits: { ...policy, unreachableDeadlineMs: 600 } });
    await expectPause(future, 500);
    await expectPause(future, pause);
    await expectPause(future, 500);
    await expectPause(future, 100);
    expect(future.left()).toMatchObject({ status: 'active' });
  });

  it('aborts a poll that takes too long, and does not hear its late answer', async () => {
    let answer: (outcome: PollOutcome) => void = () => undefined;
    const late = new Promise<PollOutcome>((resolve) => {
      answer = resolve;
    });
    const future = await run([late, { kind: 'ready', downloadMs: 12 }]);
    await future.parent.pass(44_999);
    expect(future.polls.signals[0]?.aborted).toBe(false);
    await future.parent.pass(1);
    expect(future.polls.signals[0]?.aborted).toBe(true);
    answer({ kind: 'ready', downloadMs: 99 });
    await settle();
    expect(future.states).toEqual(['asking', 'backingOff']);
    await expectPause(future, 500);
    expect(future.parent.events).toEqual([done]);
    expect(future.left()).toEqual(nothingUnderway);
  });

  it('says after a silence what the server said last of its queue', async () => {
    const paused: PollOutcome = { kind: 'pending', queueState: 'paused_capacity', reason: 'full' };
    const future = await run([paused, never()], { limits: { ...policy, unreachableDeadlineMs: 45_000 } });
    await expectPause(future, 20);
    await future.parent.pass(45_000);
    expect(factsOf(future.parent.events.slice(1))).toEqual([
      failedAs({
        kind: 'timeout',
        message:
          'forward: no answer to a poll within 45000 ms (2 polls, last answer 200, server queue paused_capacity (full)). ' +
          'Nothing was heard for 45000 ms. Is the server reachable? It may finish the operation all the same',
        operation: 'forward',
        seqId: 3,
        requestId: 'r1',
        polls: 2,
        status: 200,
        queueState: 'paused_capacity',
        queueStateReason: 'full',
        retriable: true,
        attempts: 1,
        elapsedMs: 45_000,
      }),
    ]);
  });

  it('reports a time-out at the deadline', async () => {
    const future = await run([never()], { limits: { ...policy, unreachableDeadlineMs: 45_000 } });
    await future.parent.pass(45_000);
    expect(factsOf(future.parent.events)).toEqual([
      failedAs({
        kind: 'timeout',
        message:
          'forward: no answer to a poll within 45000 ms (1 poll). Nothing was heard for 45000 ms. Is the server reachable? ' +
          'It may finish the operation all the same',
        operation: 'forward',
        seqId: 3,
        requestId: 'r1',
        polls: 1,
        retriable: true,
        attempts: 1,
        elapsedMs: 45_000,
      }),
    ]);
    expect(future.left()).toEqual(nothingUnderway);
  });
});

describe('futureMachine on 402', () => {
  it('pauses 5 s and tells the state, until the billing deadline', async () => {
    const future = await run([blocked, blocked, blocked], { limits: { ...policy, billingDeadlineMs: 10_000 } });
    expect(future.states).toEqual(['asking', 'billingPaused']);
    await expectPause(future, 5_000);
    await expectPause(future, 5_000);
    const paused = said('paused_billing', 'card expired');
    expect(factsOf(future.parent.events)).toEqual([
      paused,
      paused,
      paused,
      failedAs({ kind: 'billing', message: 'card expired', status: 402, queueState: 'paused_billing', elapsedMs: 10_000 }),
    ]);
    expect(future.left()).toEqual(nothingUnderway);
  });

  it('counts the deadline anew once the server has said "not yet"', async () => {
    const future = await run([blocked, notYet, blocked, ready], { limits: { ...policy, billingDeadlineMs: 5_000 } });
    for (const pause of [5_000, 20, 5_000]) await expectPause(future, pause);
    expect(future.parent.events).toEqual([said('paused_billing', 'card expired'), said(), said('paused_billing', 'card expired'), done]);
  });
});

describe('futureMachine in doubt', () => {
  it('asks three times more after an unreadable answer, then fails', async () => {
    const future = await run([doubtful(), doubtful(), doubtful(), doubtful()]);
    for (const pause of [500, 1_000, 2_000]) await expectPause(future, pause);
    expect(future.states).toEqual(['asking', 'doubting', 'asking', 'doubting', 'asking', 'doubting', 'asking', 'failed']);
    expect(factsOf(future.parent.events)).toEqual([failedAs({ kind: 'malformedResponse', message: 'malformedResponse' })]);
    expect(future.left()).toEqual(nothingUnderway);
  });

  it('counts its doubts anew once the server has said "not yet"', async () => {
    const future = await run([doubtful(400), doubtful(400), doubtful(400), notYet, doubtful(400), ready]);
    for (const pause of [500, 1_000, 2_000, 20, 500]) await expectPause(future, pause);
    expect(future.parent.events).toEqual([said(), done]);
  });

  it('fails at once on 404', async () => {
    const future = await run([notYet, doubtful(404)]);
    await expectPause(future, 20);
    expect(future.states.at(-1)).toBe('failed');
    expect(factsOf(future.parent.events.at(-1))).toEqual(failedAs({ kind: 'http', message: 'http 404', status: 404 }));
    expect(future.left()).toEqual(nothingUnderway);
  });

  it('gives 404 three more polls when one before went unanswered', async () => {
    const future = await run([unreachable(), doubtful(404), doubtful(404), doubtful(404), doubtful(404)]);
    for (const pause of [500, 500, 1_000, 2_000]) await expectPause(future, pause);
    expect(future.states.at(-1)).toBe('failed');
    expect(future.left()).toEqual(nothingUnderway);
  });
});

describe('futureMachine told of a large result', () => {
  it('reserves room, then asks for all of it', async () => {
    let enter: () => void = () => undefined;
    const room = new Promise<undefined>((resolve) => {
      enter = () => resolve(undefined);
    });
    const future = await run([announced, unreachable(), ready], { reservations: [room] });
    expect(future.states).toEqual(['asking', 'reserving']);
    expect(future.reserve.inputs).toEqual([{ key: 'k', part: 1, bytes: 1_000 }]);
    await future.parent.pass(3_600_000);
    expect(future.polls.inputs).toHaveLength(1);
    enter();
    await settle();
    await expectPause(future, 500);
    expect(future.polls.inputs.map(({ allowMetadataOnly }) => allowMetadataOnly)).toEqual([true, false, false]);
    expect(future.parent.events).toEqual([done]);
    expect(future.left()).toEqual(nothingUnderway);
  });

  it('fails when the server announces it again', async () => {
    const future = await run([announced, announced], { reservations: [Promise.resolve(undefined)] });
    expect(future.states).toEqual(['asking', 'reserving', 'asking', 'failed']);
    expect(factsOf(future.parent.events)).toEqual([
      failedAs({ kind: 'malformedResponse', message: 'the server announced a large result again instead of sending it' }),
    ]);
    expect(future.left()).toEqual(nothingUnderway);
  });

  it('fails when the wait for room is given up', async () => {
    const stopped = new Error('stopped');
    const future = await run([announced], { reservations: [Promise.reject(stopped)] });
    const [event] = future.parent.events;
    expect(factsOf(event)).toEqual(failedAs({ kind: 'cancelled', message: 'the wait for room for a large result was given up' }));
    expect(event).toMatchObject({ output: { error: { cause: stopped } } });
    expect(future.left()).toEqual(nothingUnderway);
  });

  it('fails without an actor that reserves', async () => {
    const polls = new Script<PollOutcome, PollInput>(announced);
    const parent = new Parent();
    const input = { key: 'k', part: 1, kind: 'forward', seqId: 3, requestId: 'r1', policy };
    createActor(futureMachine.provide({ actors: { poll: polls.actor } }), { input, parent: parent.ref }).start();
    await settle();
    expect(parent.events).toMatchObject([{ output: { error: { cause: new Error('reserve is not provided') } } }]);
  });
});
