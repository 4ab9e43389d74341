import { describe, expect, it } from '@jest/globals';
import { accepted, atRest, done, dropped, lineOf, operation, refusal, sending, skipped, silence, startTraining, wedged } from '../support/training-machine.js';

describe('trainingMachine wedged', () => {
  it('sends nothing more, says so once, and keeps asking for what is in flight', async () => {
    const training = startTraining();
    training.request(operation('a'), operation('b'), operation('c'));
    await training.accept(1);
    await training.fail(2, silence);
    expect(training.underway()).toEqual({ sent: [], asked: ['r1'] });
    await training.finish('r1');
    await training.parent.pass(86_400_000);
    expect(training.underway()).toEqual({ sent: [], asked: [] });
    expect(training.heard()).toEqual([
      sending('a', [1]), accepted('a', 'r1'), sending('b', [2], 1),
      wedged('b', 'optimStep b (seq_id 2): the server may or may not have taken it: no answer.', { seqId: 2, attempts: 1, elapsedMs: 5 }),
      done('a'),
    ]);
    expect(training.emitted).toEqual([]);
    expect(training.actor.getSnapshot()).toMatchObject({
      value: 'wedged',
      context: { queue: lineOf(operation('c')), dispatching: { entry: { id: 'b' }, seqIds: [2] }, counters: { accepted: 1, done: 1, failed: 1, cancelled: 0 } },
    });
    expect(training.left()).toEqual(atRest);
  });

  it('sends the same number again on retry, and goes on', async () => {
    const training = startTraining();
    training.request(operation('a'), operation('b'));
    await training.fail(1, silence);
    training.heard();
    training.actor.send({ type: 'queue.retried' });
    expect(training.sends.inputs).toEqual(Array.from({ length: 2 }, () => ({ key: 'a', part: 0, kind: 'optimStep', seqId: 1, retryCount: 0 })));
    await training.accept(1);
    await training.accept(2);
    expect(training.heard()).toEqual([sending('a', [1]), accepted('a', 'r1'), sending('b', [2], 1), accepted('b', 'r2')]);
  });

  it('is wedged by an answer without a receipt: the server has the operation, and nobody can ask for its result', async () => {
    const training = startTraining();
    training.request(operation('a'));
    await training.fail(1, { kind: 'answered', requestId: undefined });
    const cause = 'optimStep a (seq_id 1): the server may or may not have taken it: the server took the request without saying under which id.';
    expect(training.heard()).toEqual([sending('a', [1]), wedged('a', cause, { seqId: 1 })]);
    expect(training.states.at(-1)).toBe('wedged');
  });

  it('stays wedged when the retry is told that the request was made before', async () => {
    const training = startTraining();
    training.request(operation('a', { kind: 'saveState' }), operation('b'));
    await training.fail(1, silence);
    training.actor.send({ type: 'queue.retried' });
    training.heard();
    await training.fail(1, refusal(409));
    expect(training.heard()).toEqual([
      wedged('a', 'saveState a (seq_id 1): the server may or may not have taken it: http 409.', { seqId: 1, status: 409, attempts: 1, elapsedMs: 5 }),
    ]);
    expect(training.actor.getSnapshot().value).toBe('wedged');
  });

  it('gives the operation up on skip, and goes on with the next number', async () => {
    const training = startTraining();
    training.request(operation('a'), operation('b'));
    await training.fail(1, silence);
    training.heard();
    training.actor.send({ type: 'queue.skipped' });
    await training.accept(2);
    expect(training.heard()).toEqual([skipped('a'), dropped('a'), sending('b', [2]), accepted('b', 'r2')]);
    expect(training.actor.getSnapshot().context).toMatchObject({ optimSteps: 1, dispatching: undefined });
  });

  it('says how many parts the server has, and sends only the others again', async () => {
    const training = startTraining();
    training.request(operation('a', { kind: 'forwardBackward', parts: 3 }));
    await training.accept(2);
    await training.fail(3, refusal(422));
    expect(training.heard()).toEqual([
      sending('a', [1, 2, 3]),
      wedged('a', 'forwardBackward a (seq_id 1, 2, 3): the server has taken 1 of its 3 parts, so its gradients may hold part of the batch: http 422.', {
        seqId: 1, status: 422, attempts: 1, elapsedMs: 5,
      }),
    ]);
    training.actor.send({ type: 'queue.retried' });
    expect(training.underway()).toEqual({ sent: [3], asked: [] });
    await training.accept(3);
    expect(training.underway()).toEqual({ sent: [1], asked: [] });
    await training.accept(1);
    expect(training.heard()).toEqual([sending('a', [1, 2, 3]), accepted('a', 'r1', 'r2', 'r3')]);
    expect(training.sends.inputs.map(({ seqId }) => seqId)).toEqual([2, 3, 3, 1]);
  });

  it('fills the gap of a part that was never sent after skip', async () => {
    const training = startTraining();
    training.request(operation('a', { parts: 3 }), operation('b', { parts: 2 }));
    await training.accept(2);
    await training.fail(3, refusal());
    training.actor.send({ type: 'queue.skipped' });
    expect(training.underway()).toEqual({ sent: [4], asked: [] });
    await training.accept(4);
    expect(training.underway()).toEqual({ sent: [1], asked: [] });
  });

  it('is not retried or skipped while it is not wedged', async () => {
    const training = startTraining();
    training.request(operation('a'));
    training.actor.send({ type: 'queue.retried' });
    training.actor.send({ type: 'queue.skipped' });
    expect(training.underway()).toEqual({ sent: [1], asked: [] });
    await training.accept(1);
    expect(training.heard()).toEqual([sending('a', [1]), accepted('a', 'r1')]);
  });
});
