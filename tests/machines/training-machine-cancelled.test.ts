import { describe, expect, it } from '@jest/globals';
import { accepted, atRest, done, dropped, failed, lineOf, operation, refusal, sending, silence, startTraining, wedged } from '../support/training-machine.js';

describe('trainingMachine told to cancel', () => {
  const cancelled = (id: string, how: string) => failed(id, { kind: 'cancelled', message: `optimStep ${id} was cancelled${how}` });
  const goesOn = '; the server goes on with it';

  it('takes a queued operation out, without a number', async () => {
    const training = startTraining();
    training.request(operation('a'), operation('b'), operation('c'));
    training.cancel('b');
    training.cancel('b');
    await training.accept(1);
    await training.accept(2);
    expect(training.heard()).toEqual([
      sending('a', [1]), cancelled('b', ' before it was sent'), accepted('a', 'r1'), sending('c', [2], 1), accepted('c', 'r2'),
    ]);
    expect(training.actor.getSnapshot().context).toMatchObject({ counters: { accepted: 2, done: 0, failed: 0, cancelled: 1 }, lastError: undefined });
  });

  it('goes on sending an operation that has its number, and drops it once the server has it', async () => {
    const training = startTraining();
    training.request(operation('a', { kind: 'optimStep', parts: 2 }), operation('b'));
    training.cancel('a');
    training.cancel('a');
    expect(training.underway()).toEqual({ sent: [2], asked: [] });
    await training.accept(2);
    await training.accept(1);
    expect(training.underway()).toEqual({ sent: [3], asked: [] });
    expect(training.heard()).toEqual([
      sending('a', [1, 2]), cancelled('a', goesOn), accepted('a', 'r1', 'r2'), dropped('a'), sending('b', [3], 1),
    ]);
    expect(training.actor.getSnapshot().context).toMatchObject({
      optimSteps: 1, inFlight: [], counters: { accepted: 1, done: 0, failed: 0, cancelled: 1 },
    });
  });

  it('drops an operation that is refused after it was cancelled', async () => {
    const training = startTraining();
    training.request(operation('a'), operation('b'));
    training.cancel('a');
    await training.fail(1, refusal());
    expect(training.heard()).toEqual([sending('a', [1]), cancelled('a', goesOn), dropped('a'), sending('b', [2])]);
    expect(training.actor.getSnapshot().context).toMatchObject({ counters: { accepted: 0, done: 0, failed: 0, cancelled: 1 }, lastError: undefined });
  });

  it('is wedged, and says so, when nobody knows whether the server has a cancelled operation', async () => {
    const training = startTraining();
    training.request(operation('a'), operation('b'));
    training.cancel('a');
    training.heard();
    await training.fail(1, silence);
    const error = wedged('a', 'optimStep a (seq_id 1): the server may or may not have taken it: no answer.', { seqId: 1, attempts: 1, elapsedMs: 5 });
    expect(training.heard()).toEqual([error]);
    expect(training.actor.getSnapshot()).toMatchObject({
      value: 'wedged', context: { lastError: { kind: 'wedged' }, counters: { accepted: 0, done: 0, failed: 0, cancelled: 1 } },
    });
    training.actor.send({ type: 'queue.retried' });
    expect(training.underway()).toEqual({ sent: [1], asked: [] });
    await training.accept(1);
    expect(training.heard()).toEqual([accepted('a', 'r1'), dropped('a'), sending('b', [2], 1)]);
    expect(training.underway()).toEqual({ sent: [2], asked: [] });
  });

  it('stops asking for the results of an operation in flight', async () => {
    const training = startTraining();
    training.request(operation('a', { parts: 2 }));
    await training.accept(2);
    await training.accept(1);
    training.heard();
    training.cancel('a');
    expect(training.underway()).toEqual({ sent: [], asked: [] });
    await training.finish('r1');
    await training.polls.answer({ requestId: 'r2' }, { kind: 'pending', queueState: 'active', reason: undefined });
    training.cancel('a');
    expect(training.heard()).toEqual([cancelled('a', goesOn)]);
    expect(training.actor.getSnapshot().context.inFlight).toEqual([]);
    expect(training.left()).toEqual(atRest);
  });

  it('takes a cancel from whoever hears of a result in the same step', async () => {
    const training = startTraining();
    training.request(operation('a'), operation('b'));
    await training.accept(1);
    await training.accept(2);
    training.heard();
    training.actor.on('operation.done', ({ id }) => {
      training.cancel(id);
      training.cancel('b');
    });
    await training.finish('r1');
    expect(training.heard()).toEqual([done('a'), cancelled('b', goesOn)]);
    expect(training.left()).toEqual(atRest);
  });

  it('leaves a wedged operation to retry and skip, and cancels others', async () => {
    const training = startTraining();
    training.request(operation('a'), operation('b'), operation('c'));
    await training.accept(1);
    await training.fail(2, silence);
    training.heard();
    for (const id of ['a', 'b', 'c']) training.cancel(id);
    expect(training.heard()).toEqual([cancelled('a', goesOn), cancelled('c', ' before it was sent')]);
    expect(training.actor.getSnapshot()).toMatchObject({ value: 'wedged', context: { counters: { accepted: 1, done: 0, failed: 1, cancelled: 2 } } });
    training.actor.send({ type: 'queue.retried' });
    training.cancel('b');
    await training.accept(2);
    expect(training.heard()).toEqual([sending('b', [2], 1), cancelled('b', goesOn), accepted('b', 'r2'), dropped('b')]);
    expect(training.left()).toEqual(atRest);
  });

  it('knows no operation by that name', () => {
    const training = startTraining();
    training.cancel('a');
    expect(training.heard()).toEqual([]);
  });
});

describe('trainingMachine stopped', () => {
  const closed = (id: string, kind = 'optimStep') =>
    failed(id, { kind: 'cancelled', message: `${kind} ${id} was cancelled because its client was closed` });
  const stopped = [{ type: 'training.stopped', actorId: 'training-1' }];
  const ended = { status: 'done', children: [], timers: 0 };

  it('cancels everything that is open, tells its parent, and leaves nothing running', async () => {
    const training = startTraining();
    training.request(operation('a', { kind: 'forward', parts: 2 }), operation('b'), operation('c'), operation('d'));
    await training.accept(2);
    await training.accept(1);
    training.heard();
    training.actor.send({ type: 'client.stopped' });
    expect(training.heard()).toEqual([closed('a', 'forward'), closed('b'), closed('c'), closed('d'), dropped('b')]);
    expect(training.underway()).toEqual({ sent: [], asked: [] });
    expect(training.parent.events).toEqual(stopped);
    expect(training.actor.getSnapshot()).toMatchObject({
      value: 'stopped',
      context: { queue: lineOf(), dispatching: undefined, inFlight: [], counters: { accepted: 1, done: 0, failed: 0, cancelled: 4 } },
    });
    expect(training.left()).toEqual(ended);
    await training.finish('r1');
    await training.accept(3);
    training.request(operation('e'));
    expect(training.heard()).toEqual([]);
  });

  it('drops the operation that was cancelled while it was sent', () => {
    const training = startTraining();
    training.request(operation('a'));
    training.cancel('a');
    training.heard();
    training.actor.send({ type: 'client.stopped' });
    expect(training.heard()).toEqual([dropped('a')]);
    expect(training.left()).toEqual(ended);
  });

  it('drops the operation that it was wedged on, which has failed already', async () => {
    const training = startTraining();
    training.request(operation('a'), operation('b'));
    await training.fail(1, silence);
    training.heard();
    training.actor.send({ type: 'client.stopped' });
    expect(training.heard()).toEqual([dropped('a'), closed('b')]);
    expect(training.parent.events).toEqual(stopped);
    expect(training.actor.getSnapshot().context.counters).toEqual({ accepted: 0, done: 0, failed: 1, cancelled: 1 });
    expect(training.left()).toEqual(ended);
  });

  it('has nothing to say when nothing is open', () => {
    const training = startTraining();
    training.actor.send({ type: 'client.stopped' });
    expect(training.heard()).toEqual([]);
    expect(training.parent.events).toEqual(stopped);
    expect(training.left()).toEqual(ended);
  });
});
