import { describe, expect, it } from '@jest/globals';
import type { JournalRecord } from '../../src/journal/records.js';
import { isAccepted, JournalState } from '../../src/journal/state.js';
import { accepted, header, intent, settled } from '../support/journal.js';

function stateOf(...records: readonly JournalRecord[]): JournalState {
  return new JournalState(header, records);
}

/** What a state knows. */
function picture(state: JournalState): unknown {
  const { step, nextSeqId, spareSeqIds } = state.header;
  const operations = state.operations.map((operation) => `${operation.kind} ${operation.seqIds.join()} ${operation.outcome}${isAccepted(operation) ? '' : '?'}`);
  return { step, nextSeqId, spareSeqIds, operations };
}

const saved = (seqId: number, step: number): JournalRecord => ({ type: 'checkpoint', path: `tinker://m/weights/c${seqId}`, step, optimizer: true, seqId });

describe('JournalState', () => {
  it('keeps what is not part of an optimizer step yet', () => {
    const begun = [intent('forwardBackward', [1]), accepted(1), settled(1), intent('optimStep', [2]), accepted(2)];
    expect(picture(stateOf(...begun))).toEqual({ step: 0, nextSeqId: 3, spareSeqIds: [], operations: ['forwardBackward 1 done', 'optimStep 2 open'] });
    expect(picture(stateOf(...begun, settled(2)))).toEqual({ step: 1, nextSeqId: 3, spareSeqIds: [], operations: [] });
  });

  it('says of what no answer came that it may have been taken', () => {
    expect(picture(stateOf(intent('forwardBackward', [1])))).toMatchObject({ operations: ['forwardBackward 1 open?'] });
  });

  it('counts every step once, in whatever order their ends are heard', () => {
    const state = stateOf(intent('optimStep', [1]), accepted(1), intent('forwardBackward', [2]), intent('optimStep', [3]), accepted(3), settled(3));
    expect(picture(state)).toMatchObject({ step: 1, operations: ['optimStep 1 open'] });
    state.apply(settled(1));
    expect(picture(state)).toMatchObject({ step: 2, operations: [] });
    state.apply(settled(1));
    state.apply(accepted(1));
    expect(state.step).toBe(2);
  });

  it('keeps a save that is open beyond the next step, with the step that it holds', () => {
    const state = stateOf(intent('optimStep', [1]), accepted(1), intent('saveState', [2], { stepsBefore: 1 }), accepted(2), intent('optimStep', [3]), accepted(3), settled(3));
    expect(state.operationOf(2)).toMatchObject({ kind: 'saveState', stepsBefore: 1, outcome: 'open' });
    expect(state.stepsSent).toBe(2);
  });

  it('takes a step back that has failed, from what was sent and saved after it too', () => {
    const state = stateOf(
      intent('optimStep', [1]), accepted(1), settled(1),
      intent('optimStep', [2], { stepsBefore: 1 }), accepted(2),
      intent('saveState', [3], { stepsBefore: 2 }), saved(3, 2), settled(3),
      intent('forwardBackward', [4], { stepsBefore: 2 }),
      settled(2, 'failed'),
    );
    expect(state.checkpoints).toMatchObject([{ step: 1 }]);
    expect(state.operationOf(4)).toMatchObject({ stepsBefore: 1 });
    expect(state.step).toBe(1);
  });

  it('lets a checkpoint be that was saved before a step which failed', () => {
    const state = stateOf(intent('saveState', [1]), saved(1, 0), settled(1), { type: 'checkpoint', path: 'tinker://old/weights/x', step: 5, optimizer: true }, intent('optimStep', [2]), settled(2, 'failed'));
    expect(state.checkpoints).toMatchObject([{ step: 0 }, { step: 5 }]);
  });

  it('forgets what the server refused, and frees the numbers of parts that never left', () => {
    const state = stateOf(intent('forwardBackward', [1, 2, 3], { seqId: 2 }), settled(1, 'refused'));
    expect(picture(state)).toEqual({ step: 0, nextSeqId: 4, spareSeqIds: [1, 3], operations: [] });
    state.apply(intent('optimStep', [1]));
    expect(picture(state)).toMatchObject({ nextSeqId: 4, spareSeqIds: [3], operations: ['optimStep 1 open?'] });
  });

  it('counts numbers that were passed over as free', () => {
    expect(picture(stateOf(intent('optimStep', [3])))).toMatchObject({ nextSeqId: 4, spareSeqIds: [1, 2] });
  });

  it('remembers what was given up, or failed in part, as long as it may count', () => {
    const state = stateOf(intent('forwardBackward', [1]), settled(1, 'skipped'), intent('forwardBackward', [2, 3]), accepted(2), settled(2, 'failed'), intent('forward', [4, 5]), settled(4, 'failed'));
    expect(picture(state)).toMatchObject({ operations: ['forwardBackward 1 skipped?', 'forwardBackward 2,3 failed?'] });
  });

  it('begins anew with a checkpoint that was loaded first', () => {
    const load: JournalRecord = { type: 'checkpoint', path: 'tinker://a/weights/b', step: 0, optimizer: false, seqId: 1, isLoad: true };
    const state = stateOf(intent('loadState', [1]), accepted(1), load, settled(1));
    expect(state.header.model).toEqual({ origin: 'tinker://a/weights/b' });
    expect(picture(state)).toMatchObject({ step: 0, operations: [] });
  });

  it('keeps the last fifty checkpoints', () => {
    const state = stateOf(...Array.from({ length: 60 }, (_, index) => saved(index, index)), saved(20, 99));
    expect(state.checkpoints).toHaveLength(50);
    expect(state.checkpoints.at(-1)).toMatchObject({ step: 99 });
  });

  it('remembers a pass of which nobody has heard when the step after it is done, until its end is known', () => {
    const begun = [intent('forwardBackward', [1, 2]), accepted(1), intent('forwardBackward', [1, 2], { seqId: 2 }), accepted(2), intent('optimStep', [3]), accepted(3), settled(3)];
    expect(picture(stateOf(...begun))).toMatchObject({ step: 1, operations: ['forwardBackward 1,2 stepped'] });
    for (const outcome of ['done', 'failed'] as const) expect(picture(stateOf(...begun, settled(1, outcome)))).toMatchObject({ step: 1, operations: [] });
    const later = [...begun, intent('optimStep', [4]), accepted(4), settled(4)];
    expect(picture(stateOf(...later))).toMatchObject({ step: 2, operations: ['forwardBackward 1,2 stepped'] });
    const [first, ...others] = stateOf(...later).summary();
    if (first?.type !== 'header') throw new Error('no header');
    expect(picture(new JournalState(first, others))).toEqual(picture(stateOf(...later)));
    const loaded = [...later, intent('loadState', [5]), accepted(5), settled(5)];
    expect(picture(stateOf(...loaded))).toMatchObject({ step: 2, operations: [] });
  });

  it('forgets with a step a pass that changes nothing, and one that the server does not have', () => {
    const state = stateOf(intent('forward', [1]), accepted(1), intent('forwardBackward', [2]), intent('optimStep', [3]), accepted(3), settled(3));
    expect(picture(state)).toMatchObject({ step: 1, operations: [] });
  });

  it('says the same in short', () => {
    const state = stateOf(
      intent('optimStep', [1]), accepted(1), settled(1), saved(2, 1),
      intent('forwardBackward', [3, 4]), intent('forwardBackward', [3, 4], { seqId: 4, stepsBefore: 1 }), accepted(4),
      intent('forward', [5]), accepted(5), settled(5),
      { type: 'lost', why: 'a' }, { type: 'ended', why: 'b' },
    );
    const [first, ...others] = state.summary();
    if (first?.type !== 'header') throw new Error('no header');
    const again = new JournalState(first, others);
    expect(picture(again)).toEqual(picture(state));
    expect(again.summary()).toEqual(state.summary());
    expect([again.lost, again.ended]).toEqual(['a', 'b']);
  });

  it('makes nothing of what it says of requests that it does not know', () => {
    const state = stateOf(intent('forwardBackward', [1, 2]), accepted(2), accepted(7), settled(7));
    expect(picture(state)).toMatchObject({ operations: ['forwardBackward 1,2 open?'] });
    expect(state.operationOf(2)).toMatchObject({ seqId: 1 });
    expect(state.operationOf(7)).toBeUndefined();
  });

  it('takes another header for what it says', () => {
    const state = stateOf({ ...header, modelId: 'other' });
    expect(state.header.modelId).toBe('other');
  });
});
