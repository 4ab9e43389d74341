import { describe, expect, it } from '@jest/globals';
import { errorOf } from '../support/machines.js';
import { accepted, atRest, done, failed, lineOf, operation, refusal, sending, startTraining } from '../support/training-machine.js';

describe('trainingMachine', () => {
  it('sends one operation at a time, in the order of the calls, and asks for all results at once', async () => {
    const training = startTraining();
    training.request(operation('a', { kind: 'forwardBackward' }), operation('b'), operation('c', { kind: 'forward' }));
    expect(training.underway()).toEqual({ sent: [1], asked: [] });
    await training.accept(1);
    expect(training.underway()).toEqual({ sent: [2], asked: ['r1'] });
    await training.accept(2);
    await training.accept(3);
    expect(training.underway()).toEqual({ sent: [], asked: ['r1', 'r2', 'r3'] });
    await training.finish('r3', 4);
    await training.finish('r1');
    await training.finish('r2');
    expect(training.heard()).toEqual([
      sending('a', [1]), accepted('a', 'r1'),
      sending('b', [2]), accepted('b', 'r2'),
      sending('c', [3], 1), accepted('c', 'r3'),
      done('c', 4), done('a'), done('b'),
    ]);
    expect(training.states).toEqual(['idle', 'submitting', 'idle']);
    expect(training.sends.inputs.map(({ key, kind, part, seqId, retryCount }) => [key, kind, part, seqId, retryCount])).toEqual([
      ['a', 'forwardBackward', 0, 1, 0], ['b', 'optimStep', 0, 2, 0], ['c', 'forward', 0, 3, 0],
    ]);
    expect(training.actor.getSnapshot().context).toMatchObject({
      queue: lineOf(), dispatching: undefined, inFlight: [], nextSeqId: 4, spareSeqIds: [], optimSteps: 1,
      counters: { accepted: 3, done: 3, failed: 0, cancelled: 0 }, lastError: undefined,
    });
    expect(training.left()).toEqual(atRest);
  });

  it('takes saves and loads in the same queue', async () => {
    const training = startTraining();
    training.request(operation('step'));
    training.actor.send({ type: 'save.requested', entry: operation('save', { kind: 'saveState' }) });
    training.actor.send({ type: 'load.requested', entry: operation('load', { kind: 'loadState' }), optimizer: true });
    training.request(operation('next'));
    for (const seqId of [1, 2, 3, 4]) await training.accept(seqId);
    for (const seqId of [1, 2, 3, 4]) await training.finish(`r${seqId}`);
    expect(training.sends.inputs.map(({ kind, seqId }) => [kind, seqId])).toEqual([
      ['optimStep', 1], ['saveState', 2], ['loadState', 3], ['optimStep', 4],
    ]);
    expect(training.emitted.filter(({ type }) => type === 'operation.sending')).toEqual([
      sending('step', [1]), sending('save', [2], 1), sending('load', [3], 1), sending('next', [4], 1),
    ]);
    expect(training.left()).toEqual(atRest);
  });

  it('keeps the checkpoint that was saved last', () => {
    const training = startTraining();
    const checkpoint = { path: 'tinker://m/weights/a', seqId: 3, optimStepsBefore: 2 };
    training.actor.send({ type: 'checkpoint.saved', checkpoint });
    expect(training.actor.getSnapshot().context.lastCheckpoint).toEqual(checkpoint);
  });

  it('is done with an operation when all its parts have their results', async () => {
    const training = startTraining();
    training.request(operation('a', { kind: 'forward', parts: 3 }), operation('b'));
    expect(training.underway()).toEqual({ sent: [2, 3], asked: [] });
    for (const seqId of [3, 2, 1, 4]) await training.accept(seqId);
    expect(training.underway()).toEqual({ sent: [], asked: ['r1', 'r2', 'r3', 'r4'] });
    await training.finish('r2');
    await training.finish('r4');
    await training.finish('r1');
    expect(Object.keys(training.actor.getSnapshot().children)).toEqual(['future.a.2']);
    await training.finish('r3', 6);
    expect(training.heard()).toEqual([
      sending('a', [1, 2, 3]), accepted('a', 'r1', 'r2', 'r3'), sending('b', [4]), accepted('b', 'r4'), done('b'), done('a', 6),
    ]);
    expect(training.left()).toEqual(atRest);
  });

  it('fails with the first part that fails, and stops asking for the others', async () => {
    const training = startTraining();
    training.request(operation('a', { kind: 'forwardBackward', parts: 2 }));
    await training.accept(2);
    await training.accept(1);
    await training.polls.answer({ requestId: 'r2' }, { kind: 'failed', error: errorOf('requestFailed', undefined, 'bad loss') });
    expect(training.underway()).toEqual({ sent: [], asked: [] });
    const error = {
      kind: 'requestFailed', message: 'forwardBackward a (seq_id 2): bad loss', retriable: false,
      operationId: 'a', seqId: 2, requestId: 'r2',
    };
    expect(training.heard()).toEqual([sending('a', [1, 2]), accepted('a', 'r1', 'r2'), failed('a', error)]);
    await training.finish('r1');
    expect(training.heard()).toEqual([]);
    expect(training.actor.getSnapshot().context).toMatchObject({
      inFlight: [], lastError: error, counters: { accepted: 1, done: 0, failed: 1, cancelled: 0 },
    });
    expect(training.left()).toEqual(atRest);
  });

  it('passes on what the server says of an operation in flight', async () => {
    const training = startTraining();
    training.request(operation('a'));
    await training.accept(1);
    training.heard();
    await training.polls.answer({ requestId: 'r1' }, { kind: 'pending', queueState: 'paused_capacity', reason: 'busy' });
    expect(training.heard()).toEqual([{ type: 'operation.queueState', id: 'a', queueState: 'paused_capacity', reason: 'busy' }]);
    await training.parent.pass(20);
    await training.finish('r1');
    expect(training.heard()).toEqual([done('a')]);
  });

  it('does not hear what comes from an operation that has ended', () => {
    const training = startTraining();
    training.actor.send({ type: 'future.queueState', key: 'a', queueState: 'active', reason: undefined });
    training.actor.send({ type: 'future.settled', key: 'a', part: 0, output: { status: 'done', downloadMs: 0 } });
    expect(training.heard()).toEqual([]);
    expect(training.actor.getSnapshot().context.counters).toEqual({ accepted: 0, done: 0, failed: 0, cancelled: 0 });
  });
});

describe('trainingMachine refused', () => {
  it('fails the operation, spends its number, and goes on', async () => {
    const training = startTraining();
    training.request(operation('a'), operation('b'));
    await training.fail(1, refusal());
    expect(training.underway()).toEqual({ sent: [2], asked: [] });
    const error = {
      kind: 'http', message: 'optimStep a (seq_id 1): http 400', retriable: false, operationId: 'a', seqId: 1, status: 400, attempts: 1, elapsedMs: 5,
    };
    expect(training.heard()).toEqual([sending('a', [1]), failed('a', error), sending('b', [2])]);
    await training.accept(2);
    await training.finish('r2');
    expect(training.actor.getSnapshot().context).toMatchObject({
      optimSteps: 1, lastError: error, counters: { accepted: 1, done: 1, failed: 1, cancelled: 0 },
    });
    expect(training.left()).toEqual(atRest);
  });

  it('gives numbers that were never sent to the next operations, without gap or repeat', async () => {
    const training = startTraining();
    training.request(operation('a', { parts: 4, together: false }), operation('b', { parts: 2 }), operation('c', { parts: 3 }), operation('d'));
    await training.fail(1, refusal());
    expect(training.underway()).toEqual({ sent: [3], asked: [] });
    await training.accept(3);
    await training.accept(2);
    expect(training.underway()).toEqual({ sent: [5, 6], asked: ['r2', 'r3'] });
    await training.fail(5, refusal());
    await training.fail(6, refusal());
    expect(training.underway()).toEqual({ sent: [4], asked: ['r2', 'r3'] });
    expect(training.actor.getSnapshot().context).toMatchObject({ nextSeqId: 7, spareSeqIds: [] });
    await training.accept(4);
    expect(training.sends.inputs.map(({ key, seqId }) => [key, seqId])).toEqual([
      ['a', 1], ['b', 3], ['b', 2], ['c', 5], ['c', 6], ['d', 4],
    ]);
    expect(training.emitted.filter(({ type }) => type === 'operation.failed')).toMatchObject([
      { id: 'a', error: { seqId: 1 } },
      { id: 'c', error: { seqId: 6 } },
    ]);
  });
});
