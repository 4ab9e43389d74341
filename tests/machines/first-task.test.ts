import { describe, expect, it } from '@jest/globals';
import { createActor, fromPromise, setup, type ActorRefFrom } from 'xstate';
import { withFirstTask } from '../../src/machines/first-task.js';
import { firstPoll, futureMachine } from '../../src/machines/future-machine.js';
import type { PollInput, PollOutcome } from '../../src/machines/future-messages.js';
import { firstAttempt, requestMachine } from '../../src/machines/request-machine.js';
import type { AttemptInput, AttemptOutcome, RequestInput, TurnInput } from '../../src/machines/request-messages.js';
import type { StopSignal } from '../../src/types/stop.js';
import { errorOf, factsOf, leftOf, nothingUnderway, Parent, settle, statesOf } from '../support/machines.js';

const policy = { attemptTimeoutMs: 60_000, deadlineMs: 300_000, billingDeadlineMs: 3_600_000 };
const input: RequestInput = { key: 'k', part: 2, kind: 'optimStep', seqId: 7, policy };
const futureInput = {
  key: 'k', part: 1, kind: 'forward', seqId: 3, requestId: 'r1',
  policy: { pollTimeoutMs: 45_000, unreachableDeadlineMs: 3_600_000, billingDeadlineMs: 3_600_000 },
};
const receipt: AttemptOutcome = { kind: 'answered', requestId: 'r1' };
const refusal: AttemptOutcome = {
  kind: 'failed', error: errorOf('http', 400), verdict: 'definite', mayBeTaken: false, retryAfterMs: undefined, elapsedMs: 0, jitter: 0,
};
const failure: AttemptOutcome = { ...refusal, error: errorOf('http', 503), verdict: 'transient', mayBeTaken: true };

/** What is asked of the world outside, answered by hand. */
class Calls<Input, Outcome> {
  readonly inputs: Input[] = [];
  readonly signals: StopSignal[] = [];
  readonly #answers: ((outcome: Outcome) => void)[] = [];

  readonly make = (asked: Input, signal: StopSignal): Promise<Outcome> => {
    this.inputs.push(asked);
    this.signals.push(signal);
    return new Promise((resolve) => this.#answers.push(resolve));
  };

  async answer(call: number, outcome: Outcome): Promise<void> {
    this.#answers[call]?.(outcome);
    await settle();
  }
}

function startRequest() {
  const parent = new Parent();
  const attempts = new Calls<AttemptInput, AttemptOutcome>();
  const machine = requestMachine.provide({
    actors: {
      attempt: fromPromise<AttemptOutcome, AttemptInput>(({ input: asked, signal }) => attempts.make(asked, signal)),
      turn: fromPromise<undefined, TurnInput>(() => Promise.resolve(undefined)),
    },
  });
  const actor = createActor(withFirstTask(machine, firstAttempt(attempts.make), parent.clock), { input, parent: parent.ref });
  const states = statesOf(actor);
  actor.start();
  return { parent, attempts, actor, states, left: () => leftOf(actor, parent.clock) };
}

function startFuture() {
  const parent = new Parent();
  const polls = new Calls<PollInput, PollOutcome>();
  const machine = futureMachine.provide({
    actors: { poll: fromPromise<PollOutcome, PollInput>(({ input: asked, signal }) => polls.make(asked, signal)) },
  });
  const actor = createActor(withFirstTask(machine, firstPoll(polls.make), parent.clock), { input: futureInput, parent: parent.ref });
  const states = statesOf(actor);
  actor.start();
  return { parent, polls, actor, states, left: () => leftOf(actor, parent.clock) };
}

const settledAs = (output: unknown) => [{ type: 'request.settled', key: 'k', part: 2, output }];
const attempt = (retryCount: number) => ({ key: 'k', part: 2, kind: 'optimStep', seqId: 7, retryCount });

describe('withFirstTask', () => {
  it('ends with the receipt of the first attempt, in the state and with the context of the machine alone', async () => {
    const request = startRequest();
    expect(request.attempts.inputs).toEqual([attempt(0)]);
    await request.attempts.answer(0, receipt);
    expect(request.states).toEqual(['sending', 'answered']);
    expect(request.parent.events).toEqual(settledAs({ status: 'answered', requestId: 'r1' }));
    expect(request.left()).toEqual(nothingUnderway);

    const parent = new Parent();
    const alone = createActor(requestMachine.provide({ actors: { attempt: fromPromise<AttemptOutcome, AttemptInput>(() => Promise.resolve(receipt)) } }), { input, parent: parent.ref });
    alone.start();
    await settle();
    expect(parent.events).toEqual(request.parent.events);
    expect(factsOf(request.actor.getSnapshot())).toEqual(factsOf(alone.getSnapshot()));
    expect(request.actor.getSnapshot().matches('answered')).toBe(true);
  });

  it('begins in the state and with the context of the machine alone', () => {
    const request = startRequest();
    const alone = createActor(requestMachine.provide({ actors: { attempt: fromPromise<AttemptOutcome, AttemptInput>(() => new Promise(() => undefined)) } }), { input });
    alone.start();
    const { context, value } = alone.getSnapshot();
    expect(request.actor.getSnapshot()).toMatchObject({ context, value, status: 'active' });
    alone.stop();
  });

  it('leaves any other outcome to the machine, which makes the next attempts', async () => {
    const request = startRequest();
    await request.attempts.answer(0, failure);
    expect(request.states).toEqual(['sending', 'backingOff']);
    await request.parent.pass(500);
    await request.attempts.answer(1, { kind: 'held' });
    await request.attempts.answer(2, receipt);
    expect(request.states).toEqual(['sending', 'backingOff', 'sending', 'waiting', 'sending', 'answered']);
    expect(request.attempts.inputs).toEqual([attempt(0), attempt(1), attempt(1)]);
    expect(request.parent.events).toEqual(settledAs({ status: 'answered', requestId: 'r1' }));
    expect(request.left()).toEqual(nothingUnderway);
  });

  it('is refused at once', async () => {
    const request = startRequest();
    await request.attempts.answer(0, refusal);
    expect(request.states).toEqual(['sending', 'refused']);
    expect(factsOf(request.parent.events)).toEqual(
      settledAs({ status: 'refused', error: { kind: 'http', message: 'http 400', status: 400, retriable: false, seqId: 7, attempts: 1, elapsedMs: 0 } }),
    );
    expect(request.left()).toEqual(nothingUnderway);
  });

  it('aborts a first attempt that takes too long, and does not hear its late answer', async () => {
    const request = startRequest();
    await request.parent.pass(59_999);
    expect([request.states, request.attempts.signals[0]?.aborted]).toEqual([['sending'], false]);
    await request.parent.pass(1);
    expect([request.states, request.attempts.signals[0]?.aborted]).toEqual([['sending', 'backingOff'], true]);
    await request.attempts.answer(0, { kind: 'answered', requestId: 'late' });
    await request.parent.pass(500);
    await request.attempts.answer(1, receipt);
    expect(request.parent.events).toEqual(settledAs({ status: 'answered', requestId: 'r1' }));
    expect(request.left()).toEqual(nothingUnderway);
  });

  it('hears nothing twice, and nothing that is not meant for it', async () => {
    const request = startRequest();
    request.actor.send({ type: 'something.else' });
    await request.attempts.answer(0, receipt);
    request.actor.send({ type: 'something.else' });
    await request.parent.pass(60_000);
    expect(request.parent.events).toEqual(settledAs({ status: 'answered', requestId: 'r1' }));
    expect(request.states).toEqual(['sending', 'answered']);
  });

  it('ends with the first poll that holds the result', async () => {
    const future = startFuture();
    expect(future.polls.inputs).toEqual([{ key: 'k', part: 1, requestId: 'r1', iteration: 0, allowMetadataOnly: true }]);
    await future.polls.answer(0, { kind: 'ready', downloadMs: 12 });
    expect(future.states).toEqual(['asking', 'done']);
    expect(future.parent.events).toEqual([{ type: 'future.settled', key: 'k', part: 1, output: { status: 'done', downloadMs: 12 } }]);
    expect(future.left()).toEqual(nothingUnderway);
  });

  it('goes on polling when the result is not there, or a poll takes too long', async () => {
    const future = startFuture();
    await future.parent.pass(45_000);
    expect([future.states, future.polls.signals[0]?.aborted]).toEqual([['asking', 'backingOff'], true]);
    await future.parent.pass(500);
    await future.polls.answer(1, { kind: 'pending', queueState: undefined, reason: undefined });
    await future.parent.pass(20);
    await future.polls.answer(2, { kind: 'ready', downloadMs: 1 });
    expect(future.polls.inputs.map(({ iteration }) => iteration)).toEqual([0, 1, 2]);
    expect(future.states).toEqual(['asking', 'backingOff', 'asking', 'notReady', 'asking', 'done']);
    expect(future.left()).toEqual(nothingUnderway);
  });
});

describe('withFirstTask below a parent', () => {
  /** A parent that stops its child when it is told to. */
  function startParent() {
    const { clock } = new Parent();
    const polls = new Calls<PollInput, PollOutcome>();
    const machine = futureMachine.provide({
      actors: { poll: fromPromise<PollOutcome, PollInput>(({ input: asked, signal }) => polls.make(asked, signal)) },
    });
    const future = withFirstTask(machine, firstPoll(polls.make), clock);
    const events: string[] = [];
    const parent = setup({ actors: { future } }).createMachine({
      initial: 'on',
      on: { '*': { actions: ({ event }) => events.push(event.type) } },
      states: { on: { invoke: { id: 'future', src: 'future', input: futureInput }, on: { off: 'off' } }, off: {} },
    });
    const actor = createActor(parent, { clock }).start();
    const child: ActorRefFrom<typeof future> | undefined = actor.getSnapshot().children.future;
    return { clock, polls, actor, events, child };
  }

  it('gives the first poll up when it is stopped', async () => {
    const { clock, polls, actor, events, child } = startParent();
    actor.send({ type: 'off' });
    expect([polls.signals[0]?.aborted, clock.pending, child?.getSnapshot().status]).toEqual([true, 0, 'stopped']);
    await polls.answer(0, { kind: 'ready', downloadMs: 1 });
    expect(events).toEqual([]);
  });

  it('has nothing to give up when it is stopped after its end', async () => {
    const { clock, polls, actor, events, child } = startParent();
    await polls.answer(0, { kind: 'ready', downloadMs: 1 });
    actor.send({ type: 'off' });
    expect([polls.signals[0]?.aborted, clock.pending, child?.getSnapshot().status]).toEqual([false, 0, 'stopped']);
    expect(events).toEqual(['future.settled']);
  });

  it('shows its chart, and what it persists, as the machine does', () => {
    const { child } = startParent();
    expect(child?.getSnapshot().machine.id).toBe('future');
    expect(child?.getPersistedSnapshot()).toMatchObject({ status: 'active', value: 'asking' });
  });
});
