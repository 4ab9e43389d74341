import { afterEach, describe, expect, it } from '@jest/globals';
import { PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import { performanceMeasures } from '../../src/inspection/performance-measures.js';
import type { OperationRecord } from '../../src/inspection/records.js';
import { record, watched } from '../support/inspection/few-records.js';

const observers: PerformanceObserver[] = [];
afterEach(() => {
  for (const observer of observers.splice(0)) observer.disconnect();
});

/** What an observer of the program's gets of its own. */
function observed(): () => PerformanceEntry[] {
  const observer = new PerformanceObserver(() => undefined);
  observer.observe({ entryTypes: ['measure', 'mark'] });
  observers.push(observer);
  return () => observer.takeRecords();
}

const origin = performance.timeOrigin;

/** An operation that was called a second after the process began, and took 100 ms. */
const operation = (facts: Partial<Omit<OperationRecord, 'type'>> = {}) =>
  record.operation({ key: 'op-1', status: 'done', calledAt: origin + 1_000, endedAt: origin + 1_100, ...facts });

function told(...operations: OperationRecord[]): PerformanceEntry[] {
  const entries = observed();
  const sink = performanceMeasures().watch(watched());
  for (const { key: id, kind, group, client, calledAt } of operations) sink.called?.({ id, kind, group, client, calledAt });
  sink.write(operations);
  return entries();
}

const when = ({ name, startTime, duration }: PerformanceEntry) => [name, Math.round(startTime * 10) / 10, Math.round(duration * 10) / 10];
const detailsOf = (entries: readonly PerformanceEntry[]): unknown[] => entries.map((entry) => ('detail' in entry ? entry.detail : undefined));

describe('performance measures', () => {
  it('last as long as the operation and its phases', () => {
    const entries = told(operation({ phases: [{ name: 'encoding', ms: 0 }, { name: 'sending', ms: 2.5 }, { name: 'waiting', ms: 40 }] }));
    expect(entries.map(when)).toEqual([
      ['tinkerjs forwardBackward', 1_000, 100],
      ['tinkerjs encoding', 1_000, 2.5],
      ['tinkerjs sending', 1_002.5, 37.5],
      ['tinkerjs waiting', 1_040, 60],
    ]);
    expect(entries.map(({ entryType }) => entryType)).toEqual(['measure', 'measure', 'measure', 'measure']);
  });

  it('tell Chrome their track, their colour and what is known', () => {
    const facts = { seqIds: [1, 2], requestId: 'r1', bytes: 10, optimStepsBefore: 0, status: 'failed', error: { kind: 'timeout', message: 'No answer.' } } as const;
    const entries = told(operation({ ...facts, phases: [{ name: 'waiting', ms: 0 }, { name: 'paused', ms: 1, reason: 'rate limit' }] }));
    const base = { dataType: 'track-entry', trackGroup: 'tinkerjs' };
    expect(detailsOf(entries)).toEqual([
      {
        devtools: {
          ...base, track: 'training m1', color: 'error', tooltipText: 'forwardBackward: failed',
          properties: [
            ['operation', 'op-1'],
            ['seq ids', '1, 2'],
            ['request id', 'r1'],
            ['bytes', '10'],
            ['optimizer steps before', '0'],
            ['error', 'timeout: No answer.'],
          ],
        },
      },
      { devtools: { ...base, track: 'training m1, phases', color: 'tertiary-light' } },
      { devtools: { ...base, track: 'training m1, phases', color: 'error', tooltipText: 'paused: rate limit' } },
    ]);
  });

  it('leave out what is not known, and name the service where it has no client', () => {
    const [detail] = detailsOf(told(record.ofService({ calledAt: origin, endedAt: origin + 5 })));
    expect(detail).toMatchObject({ devtools: { track: 'service', color: 'primary', properties: [['operation', 'op-1']] } });
  });

  it('mark what went otherwise than at once', () => {
    const entries = told(operation({ marks: [{ name: 'sent again', ms: 30, why: 'HTTP 503' }] })).filter(({ entryType }) => entryType === 'mark');
    expect(entries.map(when)).toEqual([['tinkerjs sent again', 1_030, 0]]);
    expect(detailsOf(entries)).toEqual([{ devtools: { dataType: 'marker', color: 'error', tooltipText: 'sent again: HTTP 503', properties: [['operation', 'op-1']] } }]);
  });

  it('stay inside their operation, and after the beginning of the process', () => {
    const phases = [{ name: 'queued', ms: -5 }, { name: 'waiting', ms: 40 }, { name: 'sending', ms: 30 }, { name: 'downloading', ms: 300 }] as const;
    expect(told(operation({ phases })).map(when).slice(1)).toEqual([
      ['tinkerjs queued', 1_000, 40],
      ['tinkerjs waiting', 1_040, 0],
      ['tinkerjs sending', 1_030, 70],
      ['tinkerjs downloading', 1_100, 0],
    ]);
    expect(told(operation({ calledAt: origin - 500, endedAt: origin - 400 })).map(when)).toEqual([['tinkerjs forwardBackward', 0, 0]]);
  });

  it('are made once, when an operation that was called has ended', () => {
    const entries = observed();
    const sink = performanceMeasures().watch(watched());
    const ended = operation();
    sink.write([ended]);
    sink.called?.({ id: 'op-1', kind: 'forwardBackward', group: 'training', client: 'm1', calledAt: ended.calledAt });
    sink.write([record.operation(), record.metrics(), record.error()]);
    expect(entries()).toEqual([]);
    sink.write([ended]);
    sink.write([ended]);
    expect(entries()).toHaveLength(1);
  });

  it('end with their service', () => {
    const entries = observed();
    const sink = performanceMeasures().watch(watched());
    sink.called?.({ id: 'op-1', kind: 'forwardBackward', group: 'training', client: 'm1', calledAt: origin });
    void sink.end();
    sink.write([operation()]);
    expect(entries()).toEqual([]);
  });

  it('are not kept on the timeline, where the program keeps its own', () => {
    const own = performance.measure('mine', { start: 0, end: 1 });
    const marks = [{ name: 'sent again', ms: 1, why: 'HTTP 503' }, { name: 'poll failed', ms: 2, why: 'HTTP 503' }] as const;
    for (let index = 0; index < 1_000; index += 1) {
      told(operation({ key: `op-${index}`, phases: [{ name: 'sending', ms: 0 }, { name: 'waiting', ms: 9 }], marks }));
    }
    expect(performance.getEntries().filter(({ name }) => name === 'mine' || name.startsWith('tinkerjs'))).toEqual([own]);
    performance.clearMeasures('mine');
  });
});
