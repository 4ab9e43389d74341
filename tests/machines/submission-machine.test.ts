import { describe, expect, it } from '@jest/globals';
import { createActor } from 'xstate';
import { requestMachine } from '../../src/machines/request-machine.js';
import type { AttemptInput, AttemptOutcome, FailedAttempt } from '../../src/machines/request-messages.js';
import { submissionMachine, type SubmissionInput } from '../../src/machines/submission-machine.js';
import { Desk, errorOf, factsOf, leftOf, nothingLeft, Parent, settle, statesOf } from '../support/machines.js';

const policy = { attemptTimeoutMs: 60_000, deadlineMs: 0, billingDeadlineMs: 0 };

function failed(status: number, verdict: 'transient' | 'definite', mayBeTaken: boolean): FailedAttempt {
  return { kind: 'failed', error: errorOf('http', status), verdict, mayBeTaken, retryAfterMs: undefined, elapsedMs: 0, jitter: 0 };
}
const refusal = failed(400, 'definite', false);
const silence = failed(503, 'transient', true);
const conflict = failed(409, 'definite', false);

async function run(more: Partial<SubmissionInput> = {}) {
  const parent = new Parent();
  const desk = new Desk<AttemptOutcome, AttemptInput>();
  const machine = submissionMachine.provide({ actors: { request: requestMachine.provide({ actors: { attempt: desk.actor } }) } });
  const input: SubmissionInput = {
    key: 'k', kind: 'forwardBackward', seqIds: [4, 5, 6], together: true, receipts: {}, mayBeTaken: false, policy, ...more,
  };
  const actor = createActor(machine, { input, parent: parent.ref });
  const states = statesOf(actor);
  actor.start();
  await settle();
  return {
    parent,
    desk,
    actor,
    states,
    left: () => leftOf(actor, parent.clock),
    /** Numbers that are on their way. */
    underway: () => desk.waiting.map(({ seqId }) => seqId),
    accept: (seqId: number) => desk.answer({ seqId }, { kind: 'answered', requestId: `r${seqId}` }),
    fail: (seqId: number, outcome: AttemptOutcome) => desk.answer({ seqId }, outcome),
  };
}

const accepted = (receipts: object) => [{ type: 'submission.settled', key: 'k', receipts, unsent: [], outcome: { status: 'accepted' } }];

function ended(status: 'refused' | 'unclear', receipts: object, unsent: readonly number[], error: object): unknown {
  return [{ type: 'submission.settled', key: 'k', receipts, unsent, outcome: { status, error } }];
}

const fact = (seqId: number, status: number) => ({
  kind: 'http', message: `http ${status}`, retriable: false, status, seqId, attempts: 1, elapsedMs: 0,
});

describe('submissionMachine sending parts together', () => {
  it('sends 2…n at once, and 1 when all of them are accepted', async () => {
    const submission = await run();
    expect(submission.desk.inputs).toEqual([
      { key: 'k', part: 1, kind: 'forwardBackward', seqId: 5, retryCount: 0 },
      { key: 'k', part: 2, kind: 'forwardBackward', seqId: 6, retryCount: 0 },
    ]);
    await submission.accept(6);
    expect(submission.underway()).toEqual([5]);
    await submission.accept(5);
    expect(submission.underway()).toEqual([4]);
    expect(Object.keys(submission.actor.getSnapshot().children)).toEqual(['request.0']);
    await submission.accept(4);
    expect(submission.states).toEqual(['sendingWave', 'accepted']);
    expect(submission.parent.events).toEqual(accepted({ 0: 'r4', 1: 'r5', 2: 'r6' }));
    expect(submission.left()).toEqual(nothingLeft);
  });

  it('sends a single part alone', async () => {
    const submission = await run({ seqIds: [9] });
    expect(submission.underway()).toEqual([9]);
    await submission.accept(9);
    expect(submission.parent.events).toEqual(accepted({ 0: 'r9' }));
  });

  it('is refused when all of 2…n are refused, and says which number was never sent', async () => {
    const submission = await run();
    await submission.fail(5, refusal);
    expect(submission.parent.events).toEqual([]);
    await submission.fail(6, refusal);
    expect(submission.states).toEqual(['sendingWave', 'refused']);
    expect(factsOf(submission.parent.events)).toEqual(ended('refused', {}, [4], fact(6, 400)));
    expect(submission.left()).toEqual(nothingLeft);
  });

  it('is unclear when one of 2…n is refused and another accepted', async () => {
    const submission = await run();
    await submission.fail(5, refusal);
    await submission.accept(6);
    expect(submission.states).toEqual(['sendingWave', 'unclear']);
    expect(factsOf(submission.parent.events)).toEqual(ended('unclear', { 2: 'r6' }, [4], fact(5, 400)));
    expect(submission.left()).toEqual(nothingLeft);
  });

  it('is unclear when one of 2…n may have been taken', async () => {
    const submission = await run();
    await submission.fail(6, silence);
    await submission.fail(5, refusal);
    expect(factsOf(submission.parent.events)).toEqual(ended('unclear', {}, [4], fact(5, 400)));
  });

  it('is unclear when 1 is refused after the others were accepted', async () => {
    const submission = await run();
    await submission.accept(5);
    await submission.accept(6);
    await submission.fail(4, refusal);
    expect(factsOf(submission.parent.events)).toEqual(ended('unclear', { 1: 'r5', 2: 'r6' }, [], fact(4, 400)));
    expect(submission.left()).toEqual(nothingLeft);
  });
});

describe('submissionMachine sending parts one after the other', () => {
  it('sends them in order', async () => {
    const submission = await run({ together: false });
    for (const seqId of [4, 5, 6]) {
      expect(submission.underway()).toEqual([seqId]);
      await submission.accept(seqId);
    }
    expect(submission.parent.events).toEqual(accepted({ 0: 'r4', 1: 'r5', 2: 'r6' }));
    expect(submission.left()).toEqual(nothingLeft);
  });

  it('is refused when the first is refused', async () => {
    const submission = await run({ together: false });
    await submission.fail(4, refusal);
    expect(factsOf(submission.parent.events)).toEqual(ended('refused', {}, [5, 6], fact(4, 400)));
  });

  it.each([
    [5, { 0: 'r4' }, [6]],
    [6, { 0: 'r4', 1: 'r5' }, []],
  ])('is unclear when number %d is refused', async (refused, receipts, unsent) => {
    const submission = await run({ together: false });
    for (let seqId = 4; seqId < refused; seqId += 1) await submission.accept(seqId);
    await submission.fail(refused, refusal);
    expect(factsOf(submission.parent.events)).toEqual(ended('unclear', receipts, unsent, fact(refused, 400)));
    expect(submission.left()).toEqual(nothingLeft);
  });

  it('is unclear when the first may have been taken', async () => {
    const submission = await run({ together: false });
    await submission.fail(4, silence);
    expect(factsOf(submission.parent.events)).toEqual(ended('unclear', {}, [5, 6], fact(4, 503)));
  });
});

describe('submissionMachine trying again', () => {
  it('skips parts that were accepted before, and keeps their receipts', async () => {
    const submission = await run({ receipts: { 2: 'r6' }, mayBeTaken: true });
    expect(submission.underway()).toEqual([5]);
    await submission.accept(5);
    expect(submission.underway()).toEqual([4]);
    await submission.accept(4);
    expect(submission.parent.events).toEqual(accepted({ 0: 'r4', 1: 'r5', 2: 'r6' }));
  });

  it('has nothing to send when every part was accepted before', async () => {
    const receipts = { 0: 'r4', 1: 'r5', 2: 'r6' };
    const submission = await run({ receipts, mayBeTaken: true });
    expect(submission.desk.inputs).toEqual([]);
    expect(submission.parent.events).toEqual(accepted(receipts));
    expect(submission.left()).toEqual(nothingLeft);
  });

  it.each([
    [true, 'unclear'],
    [false, 'refused'],
  ] as const)('takes a conflict, when an earlier try may have been taken being %p, as %s', async (mayBeTaken, status) => {
    const submission = await run({ seqIds: [4], mayBeTaken });
    await submission.fail(4, conflict);
    expect(factsOf(submission.parent.events)).toEqual(ended(status, {}, [], fact(4, 409)));
  });
});

describe('submissionMachine held up by the account', () => {
  it('passes on that a part waits, and that it goes on', async () => {
    const submission = await run({ seqIds: [4, 5], policy: { ...policy, billingDeadlineMs: 60_000 } });
    await submission.fail(5, { ...refusal, error: errorOf('billing', 402), verdict: 'billing' });
    await submission.parent.pass(5_000);
    expect(submission.parent.events).toEqual([
      { type: 'request.paused', key: 'k', queueState: 'paused_billing', reason: 'billing 402' },
      { type: 'request.paused', key: 'k', queueState: undefined, reason: undefined },
    ]);
    expect(submission.underway()).toEqual([5]);
  });
});

describe('submissionMachine given no receipt', () => {
  it('is unclear: the server has the part, but nobody can ask for its result', async () => {
    const submission = await run({ seqIds: [4] });
    await submission.desk.answer({ seqId: 4 }, { kind: 'answered', requestId: undefined });
    expect(factsOf(submission.parent.events)).toEqual(
      ended('unclear', {}, [], {
        kind: 'malformedResponse',
        message: 'the server took the request without saying under which id',
        retriable: false,
      }),
    );
    expect(submission.left()).toEqual(nothingLeft);
  });
});
