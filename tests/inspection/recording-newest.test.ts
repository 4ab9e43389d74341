import { describe, expect, it } from '@jest/globals';
import { NewestRecords } from '../../src/inspection/recording-newest.js';
import { keyOf } from '../../src/inspection/recording-queue.js';
import type { InspectionRecord } from '../../src/inspection/records.js';
import { morning, record } from '../support/inspection/few-records.js';

function newest(...records: InspectionRecord[]): NewestRecords {
  const kept = new NewestRecords();
  for (const told of records) kept.take(keyOf(told), told);
  return kept;
}

describe('what a file begins with', () => {
  it('is the newest record of everything that has not ended', () => {
    const operation = record.operation({ status: 'sending' });
    const rest = [record.chart(), record.actor(), record.training(), record.sampling(), record.checkpoint(), operation];
    const kept = newest(record.service({ at: 1 }), record.operation(), ...rest, record.service({ at: 2 }));
    expect([...kept.all()]).toEqual([record.service({ at: 2 }), operation, ...rest.slice(0, -1)]);
  });

  it.each<readonly [string, InspectionRecord, InspectionRecord]>([
    ['operations', record.operation(), record.operation({ endedAt: morning })],
    ['actors', record.actor(), record.actor({ status: 'stopped' })],
    ['training clients', record.training(), record.training({ state: 'stopped' })],
    ['sampling clients', record.sampling(), record.sampling({ state: 'stopped' })],
  ])('leaves out ended %s', (_, open, ended) => {
    expect([...newest(open).all()]).toEqual([open]);
    expect([...newest(open, ended).all()]).toEqual([]);
  });

  it('leaves out what happened at a moment', () => {
    expect([...newest(record.metrics(), record.error(), record.notice()).all()]).toEqual([]);
  });

  it('keeps an operation that has failed and is open', () => {
    const wedged = record.operation({ status: 'failed', error: { kind: 'wedged', message: 'Taken or not.' } });
    expect([...newest(wedged).all()]).toEqual([wedged]);
  });

  it('leaves out a closed service, and no other', () => {
    const kept = newest(record.service(), record.checkpoint(), record.service({ service: 's2' }));
    kept.forget('s1');
    expect([...kept.all()]).toEqual([record.service({ service: 's2' })]);
  });

  it('keeps the newest thousand checkpoints', () => {
    const paths = Array.from({ length: 1_003 }, (_, index) => record.checkpoint({ key: `${index}` }));
    const kept = newest(record.service(), ...paths, record.checkpoint({ key: '1002', at: 7 }));
    expect([...kept.all()].map(({ key }) => key)).toEqual(['', ...Array.from({ length: 1_000 }, (_, index) => `${index + 3}`)]);
    kept.forget('s1');
    kept.take('again', record.checkpoint({ key: 'again' }));
    expect([...kept.all()]).toHaveLength(1);
  });
});
