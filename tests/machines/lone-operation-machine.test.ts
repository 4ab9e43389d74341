import { describe, expect, it } from '@jest/globals';
import { createActor } from 'xstate';
import { futureMachine } from '../../src/machines/future-machine.js';
import type { PollInput, PollOutcome } from '../../src/machines/future-messages.js';
import { loneOperationMachine } from '../../src/machines/lone-operation-machine.js';
import { requestMachine } from '../../src/machines/request-machine.js';
import type { AttemptInput, AttemptOutcome } from '../../src/machines/request-messages.js';
import { errorOf, factsOf, leftOf, never, nothingLeft, Parent, Script, settle, statesOf } from '../support/machines.js';

async function run(attempt: AttemptOutcome | Promise<AttemptOutcome>, ...outcomes: readonly PollOutcome[]) {
  const parent = new Parent();
  const attempts = new Script<AttemptOutcome, AttemptInput>(attempt);
  const polls = new Script<PollOutcome, PollInput>(...outcomes);
  const machine = loneOperationMachine.provide({
    actors: {
      request: requestMachine.provide({ actors: { attempt: attempts.actor } }),
      future: futureMachine.provide({ actors: { poll: polls.actor } }),
    },
  });
  const input = {
    key: 'k',
    kind: 'createModel',
    patienceMs: 30_000,
    requestPolicy: { attemptTimeoutMs: 60_000, deadlineMs: 0, billingDeadlineMs: 0 },
    futurePolicy: { pollTimeoutMs: 45_000, unreachableDeadlineMs: 0, billingDeadlineMs: 0 },
  };
  const actor = createActor(machine, { input, parent: parent.ref });
  const states = statesOf(actor);
  actor.start();
  await settle();
  return { parent, attempts, polls, states, actor, left: () => leftOf(actor, parent.clock) };
}

const taken: AttemptOutcome = { kind: 'answered', requestId: 'r1' };
const queueState = (state?: string, reason?: string) => ({ type: 'loneOperation.queueState', key: 'k', queueState: state, reason });
const settledWith = (error?: object) => [{ type: 'loneOperation.settled', key: 'k', error }];

describe('loneOperationMachine', () => {
  it('submits, then waits for the result', async () => {
    const lone = await run(taken, { kind: 'pending', queueState: undefined, reason: undefined }, { kind: 'ready', downloadMs: 1 });
    expect(lone.states).toEqual(['submitting', 'waiting']);
    await lone.parent.pass(20);
    expect(lone.states).toEqual(['submitting', 'waiting', 'settled']);
    expect(lone.attempts.inputs).toEqual([{ key: 'k', part: 0, kind: 'createModel', seqId: undefined, retryCount: 0 }]);
    expect(lone.polls.inputs).toEqual([
      { key: 'k', part: 0, requestId: 'r1', iteration: 0, allowMetadataOnly: true },
      { key: 'k', part: 0, requestId: 'r1', iteration: 1, allowMetadataOnly: true },
    ]);
    expect(lone.parent.events).toEqual([queueState(), ...settledWith()]);
    expect(lone.left()).toEqual(nothingLeft);
  });

  it('tells how the queue is', async () => {
    const lone = await run(taken, { kind: 'pending', queueState: 'paused_capacity', reason: 'full' }, { kind: 'ready', downloadMs: 1 });
    await lone.parent.pass(20);
    expect(lone.parent.events).toEqual([queueState('paused_capacity', 'full'), ...settledWith()]);
  });

  it('ends when patience does, and stops asking', async () => {
    const pending: PollOutcome = { kind: 'pending', queueState: undefined, reason: undefined };
    const lone = await run(taken, ...Array.from({ length: 40 }, () => pending));
    for (let second = 0; second < 29; second += 1) await lone.parent.pass(1_000);
    expect(lone.states).toEqual(['submitting', 'waiting']);
    await lone.parent.pass(1_000);
    expect(lone.states).toEqual(['submitting', 'waiting', 'settled']);
    expect(factsOf(lone.parent.events.filter(({ type }) => type === 'loneOperation.settled'))).toEqual(
      settledWith({
        kind: 'timeout',
        message: 'createModel: no result within 30000 ms (30 polls, last answer 200). The server may finish it all the same',
        operation: 'createModel',
        requestId: 'r1',
        polls: 30,
        status: 200,
        retriable: false,
        elapsedMs: 30_000,
      }),
    );
    expect(lone.left()).toEqual(nothingLeft);
  });

  it('says how often it was sent when patience ends before it was taken', async () => {
    const lone = await run(never());
    await lone.parent.pass(30_000);
    expect(factsOf(lone.parent.events)).toEqual(
      settledWith({
        kind: 'timeout',
        message: 'createModel: no result within 30000 ms (1 attempt). The server may finish it all the same',
        operation: 'createModel',
        attempts: 1,
        retriable: false,
        elapsedMs: 30_000,
      }),
    );
    expect(lone.left()).toEqual(nothingLeft);
  });

  it('ends with the refusal of the request', async () => {
    const error = errorOf('http', 400);
    const lone = await run({ kind: 'failed', error, verdict: 'definite', mayBeTaken: false, retryAfterMs: undefined, elapsedMs: 8, jitter: 0 });
    expect(lone.states).toEqual(['submitting', 'settled']);
    expect(factsOf(lone.parent.events)).toEqual(
      settledWith({ kind: 'http', message: 'http 400', retriable: false, status: 400, attempts: 1, elapsedMs: 8 }),
    );
    expect(lone.left()).toEqual(nothingLeft);
  });

  it('ends when the server does not say under which id it took the request', async () => {
    const lone = await run({ kind: 'answered', requestId: undefined });
    expect(lone.states).toEqual(['submitting', 'settled']);
    expect(factsOf(lone.parent.events)).toEqual(
      settledWith({ kind: 'malformedResponse', message: 'the server took the request without saying under which id', retriable: false }),
    );
    expect(lone.left()).toEqual(nothingLeft);
  });

  it('ends with the failure of the operation, naming the request', async () => {
    const lone = await run(taken, { kind: 'failed', error: errorOf('requestFailed', undefined, 'no such base model') });
    expect(lone.states).toEqual(['submitting', 'waiting', 'settled']);
    expect(factsOf(lone.parent.events)).toEqual(
      settledWith({ kind: 'requestFailed', message: 'createModel (request r1): no such base model', retriable: false, requestId: 'r1' }),
    );
    expect(lone.left()).toEqual(nothingLeft);
  });
});
