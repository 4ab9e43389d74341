import { describe, expect, it } from '@jest/globals';
import { indexOperations, isFiltering, neighbourOf, operationAt, rowOf, rowsWithin } from '../../../src/inspector/model/timeline-index.js';
import { madeOperations, madeSampling, madeTraining } from '../../support/inspection/made-records.js';
import { operationOf } from '../../support/inspection/operation-of.js';

const sampling = { group: 'sampling', client: 'sampler', kind: 'sample' } as const;

describe('the index of a timeline', () => {
  it('groups by client: the service, then training, then sampling', () => {
    const [ofService] = madeOperations({ operations: 1 });
    const index = indexOperations([operationOf({ ...sampling, calledAt: 1 }), operationOf({ calledAt: 3 }), ...(ofService === undefined ? [] : [ofService])]);
    expect(index.groups.map(({ id, label }) => [id, label])).toEqual([
      ['service', 'Service'],
      ['model-1', 'Training client model-1'],
      ['sampler', 'Sampling client sampler'],
    ]);
  });

  it('counts, knows from when to when, and how many are open', () => {
    const index = indexOperations([operationOf({ calledAt: 10, endedAt: 90 }), operationOf({ calledAt: 20 }), operationOf({ calledAt: 30, endedAt: 40 })]);
    expect(index).toMatchObject({ count: 3, open: 1, from: 10, to: 90 });
    expect(indexOperations([])).toMatchObject({ count: 0, open: 0, from: Infinity, to: -Infinity });
  });

  it('sorts what comes out of order', () => {
    const [group] = indexOperations([operationOf({ calledAt: 30 }), operationOf({ calledAt: 10 })]).groups;
    expect([...(group?.calls ?? [])]).toEqual([10, 30]);
  });

  it('finds the rows of a window as a look at each operation does', () => {
    const operations = madeOperations({ operations: 2000 });
    const start = operations[0]?.calledAt ?? 0;
    for (const [from, to] of [[start, start + 60_000], [start + 300_000, start + 300_500], [start - 10, start - 5], [start, start + 1e9]] as const) {
      for (const group of indexOperations(operations).groups) {
        const seen = [...rowsWithin(group, from, to)].map((row) => group.operations[row]?.key);
        const expected = group.operations.filter(({ calledAt, endedAt = Infinity }) => calledAt <= to && endedAt > from).map(({ key }) => key);
        expect(seen).toEqual(expected);
      }
    }
  });

  it('puts operations into lanes in which none overlap, and no more lanes than are open at once', () => {
    const index = indexOperations(madeOperations({ operations: 500 }));
    for (const { lanes, laneCount, calls, ends } of index.groups) {
      const last: number[] = [];
      for (const [at, lane] of lanes.entries()) {
        expect(calls[at] ?? 0).toBeGreaterThanOrEqual(last[lane] ?? -Infinity);
        last[lane] = ends[at] ?? 0;
      }
      const open = [...calls].map((call) => [...calls].filter((other, at) => other <= call && (ends[at] ?? 0) > call).length);
      expect(laneCount).toBeLessThanOrEqual(Math.max(...open, 1));
    }
  });

  it('leaves every operation in its lane when later ones come, and when it ends', () => {
    const before = indexOperations([operationOf({ calledAt: 0 }), operationOf({ calledAt: 10 })]);
    const after = indexOperations([operationOf({ calledAt: 0, endedAt: 15 }), operationOf({ calledAt: 10 }), operationOf({ calledAt: 20 })]);
    expect([...(before.groups[0]?.lanes ?? [])]).toEqual([0, 1]);
    expect([...(after.groups[0]?.lanes ?? [])]).toEqual([0, 1, 0]);
  });

  it('finds an operation again after it changed, and nothing where it is filtered away', () => {
    const operations = [operationOf({ key: 'a', calledAt: 10 }), operationOf({ key: 'b', calledAt: 10 }), operationOf({ key: 'c', calledAt: 20 })];
    const index = indexOperations(operations);
    expect(rowOf(index, operationOf({ key: 'b', calledAt: 10, endedAt: 50 }))).toEqual({ group: 0, index: 1 });
    expect(operationAt(index, { group: 0, index: 1 })?.key).toBe('b');
    expect(rowOf(index, operationOf({ key: 'd', calledAt: 10 }))).toBeUndefined();
    expect(rowOf(index, operationOf({ ...sampling }))).toBeUndefined();
  });

  it('steps over the borders of groups, and ends at the ends', () => {
    const index = indexOperations([operationOf({ calledAt: 1 }), operationOf({ calledAt: 2 }), operationOf({ ...sampling, calledAt: 1 })]);
    expect(neighbourOf(index, { group: 0, index: 0 }, 1)).toEqual({ group: 0, index: 1 });
    expect(neighbourOf(index, { group: 0, index: 1 }, 1)).toEqual({ group: 1, index: 0 });
    expect(neighbourOf(index, { group: 1, index: 0 }, -1)).toEqual({ group: 0, index: 1 });
    expect(neighbourOf(index, { group: 1, index: 0 }, 1)).toBeUndefined();
    expect(neighbourOf(index, { group: 0, index: 0 }, -1)).toBeUndefined();
  });
});

describe('the filter of a timeline', () => {
  const operations = madeOperations({ operations: 600, closed: true });

  it('keeps a client or a kind', () => {
    const ofClient = indexOperations(operations, { group: madeSampling });
    expect(ofClient.groups.map(({ id }) => id)).toEqual([madeSampling]);
    const ofKind = indexOperations(operations, { group: madeTraining, kind: 'optimStep' });
    expect(new Set(ofKind.groups.flatMap((group) => group.operations.map(({ kind }) => kind)))).toEqual(new Set(['optimStep']));
  });

  it('keeps what failed', () => {
    const kept = indexOperations(operations, { only: 'failed' }).groups.flatMap((group) => group.operations);
    expect(kept.length).toBe(operations.filter(({ status }) => status === 'failed').length);
    expect(kept.length).toBeGreaterThan(0);
  });

  it('keeps what failed, was sent again, was paused, or took several times as long as others', () => {
    const usual = Array.from({ length: 9 }, (_, at) => operationOf({ key: `usual-${at}`, calledAt: at * 100, endedAt: at * 100 + 10 }));
    const troubled = [
      operationOf({ key: 'failed', calledAt: 1000, endedAt: 1010, status: 'failed' }),
      operationOf({ key: 'cancelled', calledAt: 1100, endedAt: 1110, status: 'cancelled' }),
      operationOf({ key: 'again', calledAt: 1200, endedAt: 1210, marks: [{ name: 'sent again', ms: 1, why: 'ECONNRESET' }] }),
      operationOf({ key: 'paused', calledAt: 1300, endedAt: 1310, phases: [{ name: 'paused', ms: 0 }] }),
      operationOf({ key: 'slow', calledAt: 1400, endedAt: 1450 }),
    ];
    const kept = indexOperations([...usual, ...troubled], { only: 'troubled' }).groups.flatMap((group) => group.operations);
    expect(kept.map(({ key }) => key)).toEqual(['failed', 'cancelled', 'again', 'paused', 'slow']);
  });

  it('knows whether it leaves anything out', () => {
    expect([isFiltering({}), isFiltering({ group: 'a' }), isFiltering({ kind: 'a' }), isFiltering({ only: 'failed' })]).toEqual([false, true, true, true]);
  });
});
