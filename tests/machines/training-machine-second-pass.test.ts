import { describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import { createActor } from 'xstate';
import { futureMachine } from '../../src/machines/future-machine.js';
import type { PollInput, PollOutcome } from '../../src/machines/future-messages.js';
import { requestMachine } from '../../src/machines/request-machine.js';
import type { AttemptInput, AttemptOutcome } from '../../src/machines/request-messages.js';
import { trainingMachine } from '../../src/machines/training-machine.js';
import { TinkerError } from '../../src/types/errors.js';
import { Desk, Parent } from '../support/machines.js';
import { accepted, atRest, done, failed, operation, sending, silence, startTraining } from '../support/training-machine.js';

const custom = operation('c', { kind: 'forwardBackwardCustom', parts: 2, secondPass: true });
const next = operation('next');
const cancelled = { kind: 'cancelled', message: 'forwardBackwardCustom c was cancelled; the server goes on with it' };

async function firstPassTaken() {
  const training = startTraining();
  training.request(custom, next);
  await training.accept(2);
  await training.accept(1);
  training.heard();
  return training;
}

async function firstPassOver() {
  const training = await firstPassTaken();
  await training.finish('r1');
  await training.finish('r2');
  return training;
}

describe('trainingMachine, an operation with a second pass', () => {
  it('holds the queue until the second pass is taken too, and counts it once', async () => {
    const training = await firstPassTaken();
    expect(training.underway()).toEqual({ sent: [], asked: ['r1', 'r2'] });
    expect(training.states.at(-1)).toBe('holding');
    await training.finish('r1');
    expect(training.seconds.waiting).toEqual([]);
    await training.finish('r2');
    expect(training.states.at(-1)).toBe('computing');
    expect(training.seconds.waiting).toEqual([{ key: 'c' }]);
    expect(training.heard()).toEqual([]);
    await training.seconds.answer({ key: 'c' }, E.right({ parts: 1, bytes: 99 }));
    expect(training.heard()).toEqual([sending('c', [3])]);
    expect(training.actor.getSnapshot().context.dispatching?.entry).toEqual({ ...custom, parts: 1, bytes: 99, secondPass: false });
    await training.accept(3);
    expect(training.heard()).toEqual([accepted('c', 'r3'), sending('next', [4])]);
    await training.accept(4);
    await training.finish('r3', 7);
    await training.finish('r4');
    expect(training.heard()).toEqual([accepted('next', 'r4'), done('c', 7), done('next')]);
    expect(training.actor.getSnapshot().context.counters).toEqual({ accepted: 2, done: 2, failed: 0, cancelled: 0 });
    expect(training.left()).toEqual(atRest);
  });

  it('goes on when there is no second pass', async () => {
    const training = await firstPassOver();
    await training.seconds.answer({ key: 'c' }, E.left(new TinkerError('validation', 'the loss threw')));
    expect(training.heard()).toEqual([failed('c', { kind: 'validation', message: 'the loss threw' }), sending('next', [3])]);
    expect(training.actor.getSnapshot().context.held).toBeUndefined();
  });

  it('goes on when the first pass fails', async () => {
    const training = await firstPassTaken();
    await training.polls.answer({ requestId: 'r2' }, { kind: 'failed', error: new TinkerError('requestFailed', 'out of memory') });
    expect(training.heard()).toEqual([
      failed('c', { kind: 'requestFailed', message: 'forwardBackwardCustom c (seq_id 2): out of memory', seqId: 2, requestId: 'r2' }),
      sending('next', [3]),
    ]);
  });

  it.each([
    ['the first results are awaited', firstPassTaken],
    ['what follows is worked out', firstPassOver],
  ])('goes on when it is cancelled while %s', async (_, prepare) => {
    const training = await prepare();
    training.cancel('c');
    training.cancel('c');
    expect(training.heard()).toEqual([failed('c', cancelled), sending('next', [3])]);
    await training.accept(3);
    await training.finish('r3');
    expect(training.left()).toEqual(atRest);
  });

  it('is not held for when it was cancelled before it was taken', async () => {
    const training = startTraining();
    training.request(custom, next);
    training.cancel('c');
    await training.accept(2);
    await training.accept(1);
    expect(training.underway()).toEqual({ sent: [3], asked: [] });
  });

  it('wedges the queue when it is not clear whether its second pass was taken', async () => {
    const training = await firstPassOver();
    await training.seconds.answer({ key: 'c' }, E.right({ parts: 1, bytes: 99 }));
    await training.fail(3, silence);
    expect(training.states.at(-1)).toBe('wedged');
    training.actor.send({ type: 'queue.retried' });
    await training.accept(3);
    expect(training.underway()).toEqual({ sent: [4], asked: ['r3'] });
  });

  it('is cancelled with everything when the client stops', async () => {
    for (const prepare of [firstPassTaken, firstPassOver]) {
      const training = await prepare();
      training.actor.send({ type: 'client.stopped' });
      const why = 'was cancelled because its client was closed';
      expect(training.heard()).toEqual([
        failed('c', { kind: 'cancelled', message: `forwardBackwardCustom c ${why}` }),
        failed('next', { kind: 'cancelled', message: `optimStep next ${why}` }),
      ]);
      expect(training.left()).toEqual({ ...atRest, status: 'done' });
    }
  });
});

describe('trainingMachine without its second pass', () => {
  it('says what is missing', async () => {
    const sends = new Desk<AttemptOutcome, AttemptInput>();
    const polls = new Desk<PollOutcome, PollInput>();
    const machine = trainingMachine.provide({
      actors: {
        request: requestMachine.provide({ actors: { attempt: sends.actor } }),
        future: futureMachine.provide({ actors: { poll: polls.actor } }),
      },
    });
    const parent = new Parent();
    const policies = {
      requestPolicy: { attemptTimeoutMs: 60_000, deadlineMs: 0, billingDeadlineMs: 0 },
      futurePolicy: { pollTimeoutMs: 45_000, unreachableDeadlineMs: 0, billingDeadlineMs: 0 },
    };
    const actor = createActor(machine, { input: { actorId: 't', modelId: 'm', ...policies }, parent: parent.ref });
    const errors: unknown[] = [];
    actor.subscribe({ error: (error) => errors.push(error) });
    actor.start();
    actor.send({ type: 'operation.requested', entry: operation('c', { secondPass: true }) });
    await sends.answer({ seqId: 1 }, { kind: 'answered', requestId: 'r1' });
    await polls.answer({ requestId: 'r1' }, { kind: 'ready', downloadMs: 0 });
    expect(errors).toEqual([new Error('secondPass is not provided')]);
  });
});
