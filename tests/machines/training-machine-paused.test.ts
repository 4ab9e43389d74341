import { describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import { TinkerError } from '../../src/types/errors.js';
import { accepted, atRest, done, dropped, failed, lineOf, operation, refusal, sending, skipped, silence, startTraining } from '../support/training-machine.js';

function start() {
  const training = startTraining();
  return {
    ...training,
    pause: () => training.actor.send({ type: 'dispatch.paused' }),
    resume: () => training.actor.send({ type: 'dispatch.resumed' }),
    /** State, whether it is told to pause, and the number that is drawn next. */
    stands: () => {
      const { value, context } = training.actor.getSnapshot();
      return [value, context.paused, context.nextSeqId];
    },
  };
}

const before = 'was cancelled before it was sent';
const closed = 'was cancelled because its client was closed';
const custom = operation('c', { kind: 'forwardBackwardCustom', secondPass: true });

describe('trainingMachine paused', () => {
  it('takes nothing and draws no number until it resumes, then all in order', async () => {
    const training = start();
    expect(training.stands()).toEqual(['idle', false, 1]);
    training.pause();
    training.request(operation('a', { parts: 2 }));
    training.actor.send({ type: 'save.requested', entry: operation('save', { kind: 'saveState' }) });
    training.actor.send({ type: 'load.requested', entry: operation('load', { kind: 'loadState' }), optimizer: true });
    await training.parent.pass(86_400_000);
    expect(training.underway()).toEqual({ sent: [], asked: [] });
    expect(training.heard()).toEqual([]);
    expect(training.stands()).toEqual(['paused', true, 1]);
    training.resume();
    for (const seqId of [2, 1, 3, 4]) await training.accept(seqId);
    expect(training.heard()).toEqual([
      sending('a', [1, 2]), accepted('a', 'r1', 'r2'), sending('save', [3], 1), accepted('save', 'r3'), sending('load', [4], 1), accepted('load', 'r4'),
    ]);
    expect(training.states).toEqual(['idle', 'paused', 'submitting', 'idle']);
    expect(training.stands()).toEqual(['idle', false, 5]);
  });

  it('pauses once and resumes once, however often it is told', () => {
    const training = start();
    for (const tell of [training.resume, training.pause, training.pause]) tell();
    expect(training.stands()).toEqual(['paused', true, 1]);
    training.request(operation('a'));
    training.resume();
    training.resume();
    expect(training.heard()).toEqual([sending('a', [1])]);
    expect(training.stands()).toEqual(['submitting', false, 2]);
  });

  it('sends all parts of what it was sending, and asks for what was taken', async () => {
    const training = start();
    training.request(operation('a'), operation('b', { parts: 3 }), operation('c'));
    await training.accept(1);
    training.pause();
    expect(training.stands()).toEqual(['submitting', true, 5]);
    for (const seqId of [2, 3, 4].reverse()) await training.accept(seqId);
    expect(training.stands()).toEqual(['paused', true, 5]);
    expect(training.underway()).toEqual({ sent: [], asked: ['r1', 'r2', 'r3', 'r4'] });
    for (const requestId of ['r4', 'r1', 'r2', 'r3']) await training.finish(requestId);
    expect(training.heard()).toEqual([
      sending('a', [1]), accepted('a', 'r1'), sending('b', [2, 3, 4], 1), accepted('b', 'r2', 'r3', 'r4'), done('a'), done('b'),
    ]);
    expect(training.actor.getSnapshot().context.queue).toEqual(lineOf(operation('c')));
    expect(training.left()).toEqual(atRest);
  });

  it('goes on without a pause when it resumes before what it was sending is taken', async () => {
    const training = start();
    training.request(operation('a'), operation('b'));
    training.pause();
    training.resume();
    await training.accept(1);
    expect(training.underway()).toEqual({ sent: [2], asked: ['r1'] });
    expect(training.states).not.toContain('paused');
  });

  it('takes nothing after a refusal either', async () => {
    const training = start();
    training.request(operation('a'), operation('b'));
    training.pause();
    await training.fail(1, refusal());
    expect(training.underway()).toEqual({ sent: [], asked: [] });
    expect(training.stands()).toEqual(['paused', true, 2]);
  });

  it('lets what waits be cancelled without a number', () => {
    const training = start();
    training.pause();
    training.request(operation('a'), operation('b'), operation('c'));
    training.cancel('a');
    training.cancel('b');
    expect(training.heard()).toEqual([
      failed('a', { kind: 'cancelled', message: `optimStep a ${before}` }), failed('b', { kind: 'cancelled', message: `optimStep b ${before}` }),
    ]);
    expect(training.stands()).toEqual(['paused', true, 1]);
    training.resume();
    expect(training.heard()).toEqual([sending('c', [1])]);
  });

  it('sends the second pass of what it holds, and nothing after it', async () => {
    const training = start();
    training.request(custom, operation('next'));
    training.pause();
    await training.accept(1);
    expect(training.stands()).toEqual(['holding', true, 2]);
    await training.finish('r1');
    expect(training.stands()).toEqual(['computing', true, 2]);
    await training.seconds.answer({ key: 'c' }, E.right({ parts: 1, bytes: 99 }));
    expect(training.underway()).toEqual({ sent: [2], asked: [] });
    await training.accept(2);
    await training.finish('r2');
    expect(training.heard()).toEqual([sending('c', [1]), accepted('c', 'r1'), sending('c', [2]), accepted('c', 'r2'), done('c')]);
    expect(training.stands()).toEqual(['paused', true, 3]);
    training.resume();
    expect(training.heard()).toEqual([sending('next', [3])]);
  });

  it('takes nothing when what it holds has no second pass, or is cancelled', async () => {
    for (const end of ['cancelled while held', 'cancelled while computing', 'refused'] as const) {
      const training = start();
      training.request(custom, operation('next'));
      await training.accept(1);
      training.pause();
      if (end === 'cancelled while held') training.cancel('c');
      else {
        await training.finish('r1');
        if (end === 'refused') await training.seconds.answer({ key: 'c' }, E.left(new TinkerError('validation', 'the loss threw')));
        else training.cancel('c');
      }
      expect(training.stands()).toEqual(['paused', true, 2]);
      expect(training.underway()).toEqual({ sent: [], asked: [] });
    }
  });
});

describe('trainingMachine paused while wedged', () => {
  async function wedged() {
    const training = start();
    training.request(operation('a'), operation('b'));
    await training.fail(1, silence);
    training.pause();
    training.heard();
    return training;
  }

  it('stays wedged, told to pause or to resume', async () => {
    const training = await wedged();
    expect(training.stands()).toEqual(['wedged', true, 2]);
    training.resume();
    expect(training.stands()).toEqual(['wedged', false, 2]);
    expect(training.underway()).toEqual({ sent: [], asked: [] });
  });

  it('sends the same number again on retry, then is paused', async () => {
    const training = await wedged();
    training.actor.send({ type: 'queue.retried' });
    await training.accept(1);
    expect(training.heard()).toEqual([sending('a', [1]), accepted('a', 'r1')]);
    expect(training.stands()).toEqual(['paused', true, 2]);
    training.resume();
    expect(training.underway()).toEqual({ sent: [2], asked: ['r1'] });
  });

  it('gives it up on skip, then is paused', async () => {
    const training = await wedged();
    training.actor.send({ type: 'queue.skipped' });
    expect(training.heard()).toEqual([skipped('a'), dropped('a')]);
    expect(training.stands()).toEqual(['paused', true, 2]);
    training.resume();
    expect(training.heard()).toEqual([sending('b', [2])]);
  });

  it('is wedged, not paused, when what it was sending has no clear end', async () => {
    const training = start();
    training.request(operation('a'), operation('b'));
    training.pause();
    await training.fail(1, silence);
    expect(training.stands()).toEqual(['wedged', true, 2]);
  });
});

describe('trainingMachine stopped while paused', () => {
  it('cancels what waits, and is not paused any more', () => {
    const training = start();
    training.pause();
    training.request(operation('a'), operation('b'));
    training.actor.send({ type: 'client.stopped' });
    expect(training.heard()).toEqual([
      failed('a', { kind: 'cancelled', message: `optimStep a ${closed}` }), failed('b', { kind: 'cancelled', message: `optimStep b ${closed}` }),
    ]);
    expect(training.stands()).toEqual(['stopped', false, 1]);
    expect(training.parent.events).toEqual([{ type: 'training.stopped', actorId: 'training-1' }]);
    expect(training.left()).toEqual({ ...atRest, status: 'done' });
  });
});
