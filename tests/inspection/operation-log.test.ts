import { describe, expect, it } from '@jest/globals';
import type { CalledOperation } from '../../src/inspection/operation-entry.js';
import { OperationLog } from '../../src/inspection/operation-log.js';
import type { OperationRecord } from '../../src/inspection/records.js';

const pass: CalledOperation = { id: 'p', kind: 'forwardBackward', group: 'training', client: 'm', bytes: 7, parts: 2 };
const alone: CalledOperation = { id: 'a', kind: 'createModel', group: 'service', client: undefined };

/** A log whose time the test sets, and what it said last. */
function logOf(called: CalledOperation) {
  let time = 1_000;
  const log = new OperationLog('s', () => time, false);
  let record: OperationRecord | undefined;
  const calledAt = log.called(called);
  return {
    log,
    calledAt,
    at: (ms: number) => {
      time = 1_000 + ms;
      return log;
    },
    /** The only record since the last time. */
    told: (): OperationRecord => {
      const records = log.changes();
      expect(records).toHaveLength(1);
      record = records[0];
      if (record === undefined) throw new Error('nothing was told');
      return record;
    },
  };
}

const texts = ({ phases }: OperationRecord) => phases.map(({ name, ms, reason }) => `${name} ${ms}${reason === undefined ? '' : ` ${reason}`}`);

describe('OperationLog', () => {
  it('tells where the time of an operation goes', () => {
    const { calledAt, at, told } = logOf(pass);
    expect(calledAt).toBe(1_000);
    expect(told()).toEqual({
      type: 'operation', service: 's', key: 'p', at: 1_000, kind: 'forwardBackward', group: 'training', client: 'm',
      status: 'queued', calledAt: 1_000, phases: [{ name: 'queued', ms: 0 }], marks: [], bytes: 7, parts: 2,
    });
    at(10).sending('p', [3, 4], 2);
    at(10).attempting('p', 0);
    at(20.00049).bodyWritten('p');
    at(25).bodyWritten('p');
    at(30).accepted('p', 'r');
    at(100).done('p', 40);
    expect(told()).toEqual({
      type: 'operation', service: 's', key: 'p', at: 1_100, kind: 'forwardBackward', group: 'training', client: 'm',
      status: 'done', calledAt: 1_000, endedAt: 1_100, marks: [], bytes: 7, parts: 2, seqIds: [3, 4], optimStepsBefore: 2, requestId: 'r',
      phases: [
        { name: 'queued', ms: 0 },
        { name: 'encoding', ms: 10 },
        { name: 'sending', ms: 20 },
        { name: 'waiting', ms: 30 },
        { name: 'downloading', ms: 60 },
      ],
    });
  });

  it('lets a download begin no sooner than what came before, and leaves one out that took no time', () => {
    const long = logOf(pass);
    long.at(10).accepted('p', undefined);
    long.at(20).done('p', 15);
    expect(texts(long.told())).toEqual(['queued 0', 'waiting 10', 'downloading 10']);
    const none = logOf(pass);
    none.at(5).done('p', 0);
    expect(texts(none.told())).toEqual(['queued 0']);
  });

  it('marks what is sent again with why, or with the time-out that nothing was said of', () => {
    const { at, told } = logOf(pass);
    at(1).attempting('p', 0);
    at(2).attemptFailed('p', 'it broke');
    at(3).attempting('p', 1);
    at(4).attempting('p', 2);
    expect(told().marks).toEqual([
      { name: 'sent again', ms: 3, why: 'it broke' },
      { name: 'sent again', ms: 4, why: 'no answer in time' },
    ]);
  });

  it('begins anew in the queue when it is asked for anew', () => {
    const { at, told } = logOf({ ...pass, group: 'sampling' });
    at(1).sending('p', [0]);
    at(1).attempting('p', 0);
    at(2).attemptFailed('p', 'it broke');
    at(3).askedAnew('p', 'it failed');
    const waiting = told();
    expect(waiting).toMatchObject({ status: 'queued', marks: [{ name: 'asked anew', ms: 3, why: 'it failed' }] });
    expect(waiting).not.toHaveProperty('optimStepsBefore');
    at(9).sending('p', [1]);
    at(9).attempting('p', 0);
    const again = told();
    expect(again).toMatchObject({ status: 'sending', seqIds: [1] });
    expect(texts(again)).toEqual(['queued 0', 'encoding 1', 'queued 3', 'encoding 9']);
    at(10).attempting('p', 1);
    expect(told().marks[1]).toEqual({ name: 'sent again', ms: 10, why: 'no answer in time' });
  });

  it('enters a pause once for each reason, and goes on where it was', () => {
    const { at, told } = logOf(pass);
    at(1).accepted('p', 'r');
    for (const ms of [2, 3]) at(ms).queueState('p', 'paused', 'paused_capacity', 'full');
    at(4).queueState('p', 'paused', 'paused_rate_limit', '');
    expect(told()).toMatchObject({ status: 'paused', queueState: 'paused_rate_limit', reason: '' });
    at(5).queueState('p', 'polling', undefined, undefined);
    at(6).queueState('p', 'polling', 'active', undefined);
    const went = told();
    expect(texts(went)).toEqual(['queued 0', 'waiting 1', 'paused 2 full', 'paused 4 paused_rate_limit', 'waiting 5']);
    expect(went).toMatchObject({ status: 'polling', queueState: 'active' });
    expect(went).not.toHaveProperty('reason');
    at(7).queueState('p', 'polling', undefined, undefined);
    expect(told()).not.toHaveProperty('queueState');
  });

  it('goes on to send what was paused before it was taken', () => {
    const { at, told } = logOf(pass);
    at(1).queueState('p', 'paused', 'paused_billing', 'pay');
    at(2).queueState('p', 'sending', undefined, undefined);
    expect(texts(told())).toEqual(['queued 0', 'paused 1 pay', 'sending 2']);
  });

  it('keeps a wedged one open until it was sent again', () => {
    const { log, at, told } = logOf(pass);
    at(1).failed('p', { kind: 'wedged', message: 'who knows' });
    const wedged = told();
    expect(wedged).toMatchObject({ status: 'failed', error: { kind: 'wedged', message: 'who knows' } });
    expect(wedged).not.toHaveProperty('endedAt');
    at(2).sending('p', [1], 0);
    expect(told()).not.toHaveProperty('error');
    at(3).done('p', 0);
    expect(told()).toMatchObject({ status: 'done', endedAt: 1_003 });
    at(4).failed('p', { kind: 'http', message: 'late' });
    expect(log.changes()).toEqual([]);
  });

  it.each([
    ['cancelled', 'cancelled'],
    ['timeout', 'failed'],
    ['http', 'failed'],
  ])('ends what failed with %s as %s, and takes nothing of it any more', (kind, status) => {
    const { at, log, told } = logOf(pass);
    at(1).failed('p', { kind, message: 'm' });
    at(2).failed('p', { kind: 'cancelled', message: 'later' });
    at(3).forgotten('p');
    at(3).computing('p');
    expect(told()).toMatchObject({ status, endedAt: 1_001, error: { kind, message: 'm' }, phases: [{ name: 'queued' }] });
    expect(log.changes()).toEqual([]);
  });

  it('ends what nobody will hear of: a wedged one as failed, any other as cancelled', () => {
    const wedged = logOf(pass);
    wedged.at(1).failed('p', { kind: 'wedged', message: 'm' });
    wedged.at(2).forgotten('p');
    expect(wedged.told()).toMatchObject({ status: 'failed', endedAt: 1_002, error: { kind: 'wedged' } });
    const open = logOf(pass);
    open.at(3).allForgotten();
    expect(open.told()).toMatchObject({ status: 'cancelled', endedAt: 1_003 });
  });

  it('goes from sending to sending for a request of the service, until it has a receipt', () => {
    const { at, told } = logOf(alone);
    at(1).attempting('a', 0);
    expect(told()).toMatchObject({ status: 'sending', phases: [{ name: 'queued', ms: 0 }, { name: 'sending', ms: 1 }] });
    at(2).queueState('a', 'paused', 'paused_billing', 'pay');
    expect(told().status).toBe('paused');
    at(3).queueState('a', 'polling', undefined, undefined);
    expect(told().status).toBe('sending');
    at(4).acceptedAlone('a', 'r');
    at(5).queueState('a', 'paused', 'paused_capacity', undefined);
    at(6).queueState('a', 'polling', undefined, undefined);
    const last = told();
    expect(last).toMatchObject({ status: 'polling', requestId: 'r' });
    expect(last).not.toHaveProperty('client');
    expect(texts(last)).toEqual(['queued 0', 'sending 1', 'paused 2 pay', 'sending 3', 'waiting 4', 'paused 5 paused_capacity', 'waiting 6']);
  });

  it('takes the receipts of requests of the service only from below', () => {
    const { log, told } = logOf(pass);
    log.changes();
    log.acceptedAlone('p', 'r');
    log.acceptedAlone('unknown', 'r');
    log.pollFailed('unknown', 'x');
    log.attemptFailed('unknown', 'x');
    log.bodyWritten('unknown');
    log.done('unknown', 1);
    log.sending('unknown', [1]);
    log.attempting('unknown', 1);
    log.accepted('unknown', 'r');
    log.askedAnew('unknown', 'x');
    log.queueState('unknown', 'paused', 'paused_rate_limit', undefined);
    expect(log.changes()).toEqual([]);
    log.pollFailed('p', 'x');
    expect(told().marks).toEqual([{ name: 'poll failed', ms: 0, why: 'x' }]);
  });

  it('keeps the first and the newest 32 phases and marks, and counts the rest', () => {
    const { at, told } = logOf(pass);
    for (let ms = 1; ms <= 100; ms += 1) at(ms).computing('p');
    for (let ms = 1; ms <= 70; ms += 1) at(ms).pollFailed('p', 'x');
    const { phases, marks, leftOut } = told();
    expect([phases.length, marks.length, leftOut]).toEqual([64, 64, 37 + 6]);
    expect(phases.map(({ ms }) => ms)).toEqual([...Array.from({ length: 32 }, (_, i) => i), ...Array.from({ length: 32 }, (_, i) => 69 + i)]);
    expect(marks.map(({ ms }) => ms)).toEqual([...Array.from({ length: 32 }, (_, i) => 1 + i), ...Array.from({ length: 32 }, (_, i) => 39 + i)]);
  });

  it('keeps nothing of operations whose end was told', () => {
    const log = new OperationLog('s', () => 0, false);
    for (let index = 0; index < 1_000; index += 1) {
      log.called({ ...pass, id: `p${index}` });
      log.done(`p${index}`, 0);
    }
    log.called(pass);
    expect(log.size).toBe(1_001);
    expect(log.changes()).toHaveLength(1_001);
    expect(log.size).toBe(1);
  });

  it('gives out records that do not change any more', () => {
    const { at, told } = logOf(pass);
    const early = told();
    at(1).computing('p');
    at(1).pollFailed('p', 'x');
    expect([early.phases.length, early.marks.length]).toEqual([1, 0]);
  });
});
