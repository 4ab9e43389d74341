import { describe, expect, it } from '@jest/globals';
import type { InspectionRecord, OperationRecord } from '../../../src/inspection/records.js';
import { Store } from '../../../src/inspector/model/store.js';
import { madeRecords } from '../../support/inspection/made-records.js';

function operation(key: string, more: Partial<OperationRecord> = {}): OperationRecord {
  return { type: 'operation', service: 's', key, at: 1, kind: 'sample', group: 'sampling', status: 'polling', calledAt: 0, phases: [], marks: [], ...more };
}

const ended = { status: 'done', endedAt: 5 } as const;

describe('store', () => {
  it('keeps the newest record of each type and key', () => {
    const store = new Store();
    store.apply([operation('a'), operation('b'), operation('a', { ...ended, at: 5 })]);
    const kept = store.services.get('s')?.operations;
    expect(kept?.items.map(({ key, status }) => [key, status])).toEqual([['a', 'done'], ['b', 'polling']]);
    expect(kept?.get('a')?.at).toBe(5);
  });

  it('puts every type of record in its place', () => {
    const records = madeRecords({ operations: 300 });
    const store = new Store();
    store.apply(records);
    const of = (type: InspectionRecord['type']) => new Set(records.filter((record) => record.type === type).map(({ key }) => key)).size;
    const kept = store.services.get('service-1');
    expect(kept?.service?.baseUrl).toMatch(/^https:/);
    expect(kept?.charts.items.length).toBe(of('chart'));
    expect(kept?.actors.items.length).toBe(of('actor'));
    expect(kept?.trainings.items.length).toBe(of('training'));
    expect(kept?.samplings.items.length).toBe(of('sampling'));
    expect(kept?.operations.items.length).toBe(300);
    expect(kept?.metrics.items.length).toBe(of('metrics'));
    expect(kept?.checkpoints.items.length).toBe(of('checkpoint'));
    expect(kept?.errors.items.length).toBe(of('error'));
    expect(kept?.notices.items.length).toBe(of('notice'));
  });

  it('keeps services apart', () => {
    const store = new Store();
    store.apply([operation('a'), operation('a', { service: 't' })]);
    expect([...store.services.keys()]).toEqual(['s', 't']);
  });

  it('has a revision that grows with what is applied, and the latest moment', () => {
    const store = new Store();
    store.apply([]);
    expect([store.revision, store.newestAt]).toEqual([0, 0]);
    store.apply([operation('a', { at: 9 }), operation('b', { at: 7 })]);
    expect([store.revision, store.newestAt]).toEqual([1, 9]);
  });

  it('lets the oldest ended operations go, and counts them', () => {
    const store = new Store({ operations: 100 });
    store.apply([operation('open'), ...Array.from({ length: 105 }, (_, place) => operation(`${place}`, ended))]);
    const kept = store.services.get('s')?.operations;
    expect(kept?.items.length).toBe(100);
    expect(kept?.items.slice(0, 2).map(({ key }) => key)).toEqual(['open', '6']);
    expect(kept?.get('5')).toBeUndefined();
    expect(kept?.get('104')?.key).toBe('104');
    expect(store.droppedOperations).toBe(6);
  });

  it('keeps what is going on beyond the limit', () => {
    const store = new Store({ operations: 10 });
    store.apply(Array.from({ length: 50 }, (_, place) => operation(`${place}`)));
    expect(store.services.get('s')?.operations.items.length).toBe(50);
    expect(store.droppedOperations).toBe(0);
  });

  it('replaces a record after others were let go', () => {
    const store = new Store({ operations: 20 });
    store.apply(Array.from({ length: 22 }, (_, place) => operation(`${place}`, ended)));
    store.apply([operation('21', { ...ended, kind: 'forward' })]);
    const kept = store.services.get('s')?.operations;
    expect(kept?.items.length).toBe(20);
    expect(kept?.items.at(-1)?.kind).toBe('forward');
    expect(kept?.changes).toBe(23);
  });
});
