import { describe, expect, it } from '@jest/globals';
import { OperationLog } from '../../src/inspection/operation-log.js';
import type { OperationRecord } from '../../src/inspection/records.js';

/** A log whose time the test sets, in which so many samples were called at once. */
function logWith(samples: number, isWhole = false) {
  let time = 0;
  const log = new OperationLog('s', () => time, isWhole);
  const call = (from: number, count: number) => {
    for (let number = from; number < from + count; number += 1) log.called({ id: `s${number}`, kind: 'sample', group: 'sampling', client: 'c' });
  };
  call(0, samples);
  return {
    log,
    call,
    at: (ms: number) => {
      time = ms;
      return log;
    },
    told: (id: string): OperationRecord | undefined => log.changes().find(({ key }) => key === id),
  };
}

const texts = ({ phases }: OperationRecord) => phases.map(({ name, ms }) => `${name} ${ms}`);

describe('samples', () => {
  it('have records up to 200 a second, and are counted beyond that when they went well', () => {
    const { log } = logWith(500);
    for (let number = 0; number < 500; number += 1) log.done(`s${number}`, 0);
    expect([log.changes().length, log.unrecorded('c'), log.size]).toEqual([200, 300, 0]);
  });

  it('have records again in the next second', () => {
    const { log, call, at } = logWith(500);
    for (let number = 0; number < 500; number += 1) log.done(`s${number}`, 0);
    log.changes();
    at(1_000);
    call(500, 201);
    expect(log.changes()).toHaveLength(200);
  });

  it('have records as long as fewer than two that are open have one, so that nothing looks idle', () => {
    const { log, call } = logWith(200);
    for (let number = 0; number < 200; number += 1) log.done(`s${number}`, 0);
    call(200, 5);
    log.changes();
    for (let number = 200; number < 205; number += 1) log.done(`s${number}`, 0);
    expect([log.changes().length, log.unrecorded('c')]).toEqual([2, 3]);
  });

  it('all have records where each is expected, and calls of other kinds always do', () => {
    expect(logWith(500, true).log.changes()).toHaveLength(500);
    const { log } = logWith(300);
    for (let number = 0; number < 300; number += 1) log.called({ id: `t${number}`, kind: 'saveState', group: 'training', client: 'm' });
    expect(log.changes().filter(({ group }) => group === 'training')).toHaveLength(300);
  });

  it('that take longer than a second get their record, whole', () => {
    const { at, told } = logWith(201);
    at(5).sending('s200', [201]);
    at(6).attempting('s200', 0);
    at(7).bodyWritten('s200');
    at(8).accepted('s200', 'r200');
    at(9).queueState('s200', 'polling', 'active', undefined);
    at(999);
    expect(told('s200')).toBeUndefined();
    at(1_000);
    const record = told('s200');
    expect(record).toMatchObject({ status: 'polling', calledAt: 0, seqIds: [201], requestId: 'r200' });
    expect(record && texts(record)).toEqual(['queued 0', 'sending 5', 'waiting 8']);
  });

  it('that are done after a second get their record, though nobody looked before', () => {
    const { at, log, told } = logWith(202);
    at(5).sending('s200', [201]);
    at(999).done('s201', 0);
    at(1_000).done('s200', 0);
    expect(told('s200')).toMatchObject({ status: 'done', seqIds: [201], endedAt: 1_000 });
    expect(log.unrecorded('c')).toBe(1);
  });

  it('that wait for their turn for longer than a second get their record', () => {
    const { at, told } = logWith(201);
    at(1_000);
    expect(told('s200')).toMatchObject({ status: 'queued', phases: [{ name: 'queued', ms: 0 }] });
  });

  it('that are accepted without a name of the server get their record', () => {
    const { at, told } = logWith(201);
    at(5).sending('s200', [201]);
    at(8).accepted('s200', undefined);
    at(1_000);
    expect(told('s200')).not.toHaveProperty('requestId');
  });

  it.each<[string, (log: OperationLog) => void, Partial<OperationRecord>]>([
    ['sent again', (log) => log.attempting('s200', 1), { marks: [{ name: 'sent again', ms: 9, why: 'no answer in time' }] }],
    ['failed to be sent', (log) => log.attemptFailed('s200', 'reset'), { status: 'sending' }],
    ['asked for anew', (log) => log.askedAnew('s200', 'shed'), { marks: [{ name: 'asked anew', ms: 9, why: 'shed' }] }],
    ['not answered', (log) => log.pollFailed('s200', 'reset'), { marks: [{ name: 'poll failed', ms: 9, why: 'reset' }] }],
    ['held up', (log) => log.queueState('s200', 'paused', 'paused_rate_limit', 'busy'), { status: 'paused', reason: 'busy' }],
    ['refused', (log) => log.failed('s200', { kind: 'http', message: 'no' }), { status: 'failed', error: { kind: 'http', message: 'no' } }],
    ['given up', (log) => log.forgotten('s200'), { status: 'cancelled' }],
    ['open when all is over', (log) => log.allForgotten(), { status: 'cancelled' }],
  ])('that are %s get their record', (_, change, expected) => {
    const { at, log, told } = logWith(201);
    at(5).sending('s200', [201]);
    at(9);
    change(log);
    expect(told('s200')).toMatchObject({ seqIds: [201], calledAt: 0, ...expected });
    expect(log.unrecorded('c')).toBe(0);
  });

  it('of a client that is gone are counted no more', () => {
    const { log } = logWith(201);
    log.done('s200', 0);
    log.clientGone('c');
    expect(log.unrecorded('c')).toBe(0);
  });
});
