import { describe, expect, it } from '@jest/globals';
import { keyOf, RecordQueue } from '../../src/inspection/recording-queue.js';
import type { InspectionRecord } from '../../src/inspection/records.js';
import { morning, record } from '../support/inspection/few-records.js';

function add(queue: RecordQueue, ...records: InspectionRecord[]): void {
  for (const added of records) queue.add(keyOf(added), added);
}

const taken = (queue: RecordQueue, most = 100) => queue.take(most).map(({ record: { type, key } }) => `${type} ${key}`);
const ended = (key: string, service = 's1') => record.operation({ key, service, endedAt: morning });
const open = (key: string) => record.operation({ key });

describe('records that wait for the disk', () => {
  it('are taken oldest first, and wait no longer', () => {
    const queue = new RecordQueue(10);
    add(queue, open('a'), record.error(), open('b'));
    expect(taken(queue, 2)).toEqual(['operation a', 'error 1']);
    expect(queue.size).toBe(1);
    expect(taken(queue)).toEqual(['operation b']);
  });

  it('are replaced by later ones of the same name, which come when they were told', () => {
    const queue = new RecordQueue(10);
    add(queue, open('a'), open('b'), ended('a'));
    expect(queue.take(9).map(({ record: replaced }) => replaced)).toEqual([open('b'), ended('a')]);
  });

  it('are told apart by type and service', () => {
    const queue = new RecordQueue(10);
    add(queue, record.error({ key: '1' }), record.notice({ key: '1' }), record.error({ key: '1', service: 's2' }));
    expect(queue.size).toBe(3);
  });

  it('wait again before all others where they could not be written, unless they were replaced', () => {
    const queue = new RecordQueue(10);
    add(queue, open('a'), open('b'));
    const failed = queue.take(2);
    add(queue, open('c'), ended('a'));
    queue.putBack(failed);
    expect(queue.take(9).map(({ record: waiting }) => waiting)).toEqual([ended('a'), open('b'), open('c')]);
  });

  it('are let go where there are too many: ended operations first, down to nine tenths', () => {
    const queue = new RecordQueue(20);
    add(queue, ...Array.from({ length: 17 }, (_, index) => open(`open-${index}`)), ended('e1'), ended('e2'), ended('e3'), ended('e4'));
    expect(queue.size).toBe(18);
    expect(taken(queue)).toEqual([...Array.from({ length: 17 }, (_, index) => `operation open-${index}`), 'operation e4']);
    expect(queue.notices(morning)).toMatchObject([{ service: 's1', text: 'The recording left out 3 records so far: the disk could not keep up.' }]);
  });

  it('are let go oldest first where no operation has ended', () => {
    const queue = new RecordQueue(10);
    add(queue, record.error({ key: 'oldest' }), record.error({ key: 'old' }), ...Array.from({ length: 9 }, (_, index) => open(`${index}`)));
    expect(taken(queue, 1)).toEqual(['operation 0']);
  });

  it('are let go where those that could not be written are too many with the new ones', () => {
    const queue = new RecordQueue(10);
    add(queue, ...Array.from({ length: 8 }, (_, index) => ended(`first-${index}`)));
    const failed = queue.take(8);
    add(queue, ...Array.from({ length: 8 }, (_, index) => open(`second-${index}`)));
    queue.putBack(failed);
    expect(taken(queue)).toEqual(['operation first-7', ...Array.from({ length: 8 }, (_, index) => `operation second-${index}`)]);
  });

  it('are counted by service where they were let go, and told once until there are more', () => {
    const queue = new RecordQueue(10);
    expect(queue.notices(morning)).toEqual([]);
    add(queue, ended('a', 's2'), ...Array.from({ length: 10 }, (_, index) => ended(`${index}`)));
    expect(queue.notices(morning).map(({ service, text }) => [service, text])).toEqual([
      ['s2', 'The recording left out 1 records so far: the disk could not keep up.'],
      ['s1', 'The recording left out 1 records so far: the disk could not keep up.'],
    ]);
    expect(queue.notices(morning)).toEqual([]);
    add(queue, ...Array.from({ length: 2 }, (_, index) => ended(`more-${index}`)));
    expect(queue.notices(morning + 5)).toEqual([
      { type: 'notice', service: 's1', key: 'recording', at: morning + 5, level: 'warning', text: 'The recording left out 3 records so far: the disk could not keep up.' },
    ]);
    add(queue, ...Array.from({ length: 2 }, (_, index) => ended(`last-${index}`)));
    queue.forget('s1');
    expect(queue.notices(morning)).toEqual([]);
  });
});
