import { describe, expect, it } from '@jest/globals';
import { History } from '../../src/inspector/history.js';
import type { InspectionRecord } from '../../src/inspection/records.js';
import { untyped } from '../support/untyped.js';
import { madeService, madeTraining, metricsRecord, noticeRecord, sampleRecord, samples } from './made.js';

const mebibyte = 1024 * 1024;

function kept(history: History): InspectionRecord[] {
  return [...history.records()];
}

function counted(history: History): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { type } of kept(history)) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

describe('history', () => {
  it('keeps the newest of each type, service and key, in the order of changes', () => {
    const history = new History(mebibyte);
    const other = { ...sampleRecord(1), service: 'two' };
    history.write([madeService, sampleRecord(1, 'open'), other, { ...noticeRecord(1), key: 'op-1' }]);
    history.write([sampleRecord(1)]);
    expect(kept(history)).toEqual([madeService, other, { ...noticeRecord(1), key: 'op-1' }, sampleRecord(1)]);
    expect(history.serviceIds()).toEqual(['one', 'two']);
  });

  it('counts the text of what it keeps, and no more', () => {
    const history = new History(mebibyte);
    for (let round = 0; round < 5; round += 1) history.write(samples(10, round % 2 === 0 ? 'open' : 'done'));
    const exact = samples(10, 'open').reduce((sum, record) => sum + JSON.stringify(record).length, 0);
    expect(history.size).toBe(exact);
  });

  it('gives what changed after a revision, each record once', () => {
    const history = new History(mebibyte);
    history.write(samples(3));
    const before = history.revision;
    history.write([sampleRecord(0, 'open'), sampleRecord(5), sampleRecord(0)]);
    expect(history.after(before, 10).map(({ key, json }) => [key, json.toString()])).toEqual([
      ['op-5', JSON.stringify(sampleRecord(5))],
      ['op-0', JSON.stringify(sampleRecord(0))],
    ]);
    expect(history.after(0, 2).map(({ key }) => key)).toEqual(['op-1', 'op-2']);
    expect(history.after(history.revision, 10)).toEqual([]);
  });

  it('finds its way however often records were written', () => {
    const history = new History(mebibyte);
    for (let round = 0; round < 100; round += 1) history.write(samples(100));
    const middle = history.revision - 50;
    expect(history.after(middle, 500).map(({ key }) => key)).toEqual(Array.from({ length: 50 }, (_, place) => `op-${50 + place}`));
    expect(history.after(0, 500)).toHaveLength(100);
  });

  it('lets the oldest ended operations go, and says how many', () => {
    const history = new History(128 * 1024);
    history.write([madeService, madeTraining, ...samples(100_000)]);
    expect(history.size).toBeLessThanOrEqual(128 * 1024);
    const operations = kept(history).filter(({ type }) => type === 'operation');
    expect(operations.at(-1)?.key).toBe('op-99999');
    expect(operations[0]?.key).toBe(`op-${100_000 - operations.length}`);
    expect(history.dropped).toEqual({ records: 100_000 - operations.length, operations: 100_000 - operations.length });
    expect(operations.length).toBeGreaterThan(400);
    expect(kept(history).slice(0, 2)).toEqual([madeService, madeTraining]);
  });

  it('keeps an open operation while ended ones can go', () => {
    const history = new History(128 * 1024);
    history.write([sampleRecord(-1, 'open'), ...samples(5000)]);
    expect(kept(history)[0]).toEqual(sampleRecord(-1, 'open'));
  });

  it('holds its bound when everything is open', () => {
    const history = new History(128 * 1024);
    history.write([madeService, ...samples(20_000, 'open')]);
    expect(history.size).toBeLessThanOrEqual(128 * 1024);
    expect(kept(history)[0]).toEqual(madeService);
  });

  it('takes what was let go when it comes again', () => {
    const history = new History(128 * 1024);
    history.write(samples(20_000, 'open'));
    history.write([sampleRecord(0)]);
    expect(kept(history).at(-1)).toEqual(sampleRecord(0));
    expect(history.after(history.revision - 1, 5)).toHaveLength(1);
  });

  it('lets no flood of one kind drive out the others', () => {
    const history = new History(256 * 1024);
    const metrics = Array.from({ length: 100 }, (_, step) => metricsRecord(step + 1));
    const notices = Array.from({ length: 50 }, (_, number) => noticeRecord(number));
    history.write([...metrics, ...notices, ...samples(50_000)]);
    expect(counted(history)).toMatchObject({ metrics: 100, notice: 50 });
    history.write(Array.from({ length: 50_000 }, (_, number) => noticeRecord(number)));
    expect(counted(history)['metrics']).toBe(100);
    expect(counted(history)['operation']).toBeGreaterThan(50);
  });

  it('uses all of its room for one kind when there is no other', () => {
    const history = new History(256 * 1024);
    history.write(Array.from({ length: 50_000 }, (_, step) => metricsRecord(step + 1)));
    expect(history.size).toBeGreaterThan(255 * 1024);
  });

  it('tells of changes until it is told to stop', () => {
    const history = new History(mebibyte);
    let told = 0;
    const stop = history.onChange(() => (told += 1));
    history.write([madeService, madeTraining]);
    expect(told).toBe(1);
    stop();
    history.write([madeService]);
    expect(told).toBe(1);
  });

  it('leaves out what JSON cannot carry', () => {
    const history = new History(mebibyte);
    const bad = { ...noticeRecord(1), toJSON: () => { throw new Error('no'); } };
    history.write([bad, noticeRecord(2), { ...untyped<InspectionRecord>('{"type":"notice","service":"one","key":"9","at":1}') }]);
    expect(history.after(0, 9).map(({ key }) => key)).toEqual(['2', '9']);
  });
});
