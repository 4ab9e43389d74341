import { describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import { AnyRecord } from '../../src/inspector/record-codec.js';
import { madeRecords } from '../support/inspection/made-records.js';
import { madeTraining, noticeRecord, sampleRecord } from './made.js';

const all = madeRecords({ operations: 2000 });

describe('the codec of records', () => {
  it('takes every record of a program', () => {
    expect(all.filter((record) => !AnyRecord.is(record))).toEqual([]);
    expect(new Set(all.map(({ type }) => type)).size).toBeGreaterThan(7);
  });

  it('misses each field that is there always, and the wrong type of each', () => {
    const always = ['type', 'service', 'key', 'at'];
    const byType = new Map(all.map((record) => [record.type, record]));
    for (const record of byType.values()) {
      for (const field of always) {
        expect([record.type, field, AnyRecord.is({ ...record, [field]: undefined })]).toEqual([record.type, field, false]);
      }
      for (const field of Object.keys(record)) {
        const wrong = { ...record, [field]: { nobody: 'expects this' } };
        const isOpen = field === 'values';
        if (!isOpen) expect([record.type, field, AnyRecord.is(wrong)]).toEqual([record.type, field, false]);
      }
    }
  });

  it.each([
    ['another type', { ...noticeRecord(1), type: 'rumour' }],
    ['a name of every object', { ...noticeRecord(1), type: 'constructor' }],
    ['a state that there is not', { ...madeTraining, state: 'bored' }],
    ['a part that lacks something', { ...madeTraining, queue: [{ id: 'op-1', kind: 'optimStep', bytes: 3 }] }],
    ['a number that nobody can draw', JSON.parse(JSON.stringify(sampleRecord(1)).replace('"at":2051', '"at":1e999')) as unknown],
    ['an array', [noticeRecord(1)]],
    ['null', null],
  ])('refuses %s', (_name, value) => {
    expect([AnyRecord.is(value), E.isLeft(AnyRecord.decode(value))]).toEqual([false, true]);
  });

  it('lets fields pass that it does not know', () => {
    const later = { ...sampleRecord(1), colour: 'blue' };
    expect(AnyRecord.decode(later)).toEqual(E.right(later));
  });
});
