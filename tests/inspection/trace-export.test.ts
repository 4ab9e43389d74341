import { describe, expect, it } from '@jest/globals';
import type { InspectionRecord } from '../../src/inspection/records.js';
import { traceEvents, type TraceEvent } from '../../src/inspection/trace-export.js';
import { morning, record } from '../support/inspection/few-records.js';

const trace = (...records: InspectionRecord[]) => [...traceEvents(records)];
const named = (events: readonly TraceEvent[], name: string) => events.filter((event) => event.name === name);
/** Moments as milliseconds after the morning. */
const spans = (events: readonly TraceEvent[]) => events.filter(({ ph }) => ph === 'X').map(({ name, tid, ts, dur = -1 }) => [name, tid, ts / 1_000 - morning, dur / 1_000]);
const called = (key: string, from: number, to: number, more: object = {}) => record.operation({ key, calledAt: morning + from, endedAt: morning + to, ...more });

describe('a trace', () => {
  it('has a slice for an operation, with slices for its phases inside', () => {
    const phases = [{ name: 'encoding', ms: 0 }, { name: 'sending', ms: 2.5 }, { name: 'waiting', ms: 10 }] as const;
    const events = trace(called('a', 5, 105, { phases }));
    expect(spans(events)).toEqual([['forwardBackward', 1, 5, 100], ['encoding', 1, 5, 2.5], ['sending', 1, 7.5, 7.5], ['waiting', 1, 15, 90]]);
  });

  it('says what is known of an operation, and what is not is left out', () => {
    const facts = { status: 'failed', seqIds: [4, 5], requestId: 'r1', bytes: 9, parts: 2, optimStepsBefore: 3, queueState: 'active', reason: 'none', error: { kind: 'timeout', message: 'No answer.' } } as const;
    const [full, bare] = trace(called('a', 0, 1, facts), called('b', 1, 2, { status: 'done' })).filter(({ ph }) => ph === 'X');
    expect(full).toEqual({
      name: 'forwardBackward', ph: 'X', pid: 1, tid: 1, ts: morning * 1_000, dur: 1_000, cat: 'operation', cname: 'terrible',
      args: {
        id: 'a', status: 'failed', 'seq ids': [4, 5], 'request id': 'r1', bytes: 9, parts: 2, 'optimizer steps before': 3, 'queue state': 'active', reason: 'none',
        error: 'timeout: No answer.',
      },
    });
    expect(bare?.args).toEqual({ id: 'b', status: 'done' });
    expect(bare).not.toHaveProperty('cname');
  });

  it('names twenty numbers of an operation at most', () => {
    const seqIds = Array.from({ length: 50 }, (_, index) => index);
    expect(trace(called('a', 0, 1, { seqIds }))[2]?.args).toMatchObject({ 'seq ids': seqIds.slice(0, 20) });
  });

  it('keeps the newest record of an operation', () => {
    expect(spans(trace(record.operation({ key: 'a' }), called('a', 0, 7)))).toEqual([['forwardBackward', 1, 0, 7]]);
  });

  it('lets an operation that is open last as long as the recording', () => {
    const events = trace(record.operation({ phases: [{ name: 'waiting', ms: 1 }] }), record.error({ at: morning + 50 }));
    expect(spans(events)).toEqual([['forwardBackward', 1, 0, 50], ['waiting', 1, 1, 49]]);
    expect(named(events, 'forwardBackward')[0]?.args).toMatchObject({ 'still open': true });
  });

  it('holds phases and marks inside their operation, and leaves out phases without length', () => {
    const phases = [{ name: 'queued', ms: 0 }, { name: 'sending', ms: 0 }, { name: 'paused', ms: 40, reason: 'rate limit' }, { name: 'waiting', ms: 5 }, { name: 'downloading', ms: 99 }] as const;
    const events = trace(called('a', 0, 50, { phases, marks: [{ name: 'sent again', ms: 70, why: 'HTTP 503' }] }));
    expect(spans(events)).toEqual([['forwardBackward', 1, 0, 50], ['sending', 1, 0, 40], ['waiting', 1, 5, 45]]);
    expect(named(events, 'sent again')).toEqual([{ name: 'sent again', ph: 'i', pid: 1, tid: 1, ts: (morning + 50) * 1_000, cat: 'mark', s: 't', args: { why: 'HTTP 503' } }]);
  });

  it('says why an operation is paused', () => {
    const events = trace(called('a', 0, 5, { phases: [{ name: 'paused', ms: 1, reason: 'rate limit' }] }));
    expect(named(events, 'paused')[0]).toMatchObject({ cat: 'phase', cname: 'bad', args: { reason: 'rate limit' } });
  });

  it('survives an operation that ended before it began', () => {
    expect(spans(trace(called('a', 5, 3)))).toEqual([['forwardBackward', 1, 5, 0]]);
  });

  it('puts operations that overlap on tracks of their own, and takes a track again when it is free', () => {
    const events = trace(called('c', 10, 12), called('a', 0, 10), called('b', 5, 20), called('d', 11, 13));
    expect(spans(events).map(([, tid, from]) => [from, tid])).toEqual([[0, 1], [5, 2], [10, 1], [11, 3]]);
    expect(named(events, 'thread_name').map(({ tid, args }) => [tid, args?.['name']])).toEqual([[1, 'm1'], [2, 'm1 (2)'], [3, 'm1 (3)']]);
  });

  it('has tracks for the service, and for each client in the order in which they came', () => {
    const ofService = record.ofService({ key: 'a', endedAt: morning + 1 });
    const events = trace(record.training(), record.sampling(), called('s', 0, 1, { client: 'p1' }), ofService, called('t', 0, 1));
    const order = named(events, 'thread_sort_index').map(({ tid, args }) => [tid, args?.['sort_index']]);
    const names = named(events, 'thread_name').map(({ tid, args }) => [tid, args?.['name']]);
    expect(names).toEqual([[2, 'service'], [3, 'training m1'], [1, 'sampling sampling-7']]);
    expect(order).toEqual([[2, 0], [3, 10_000], [1, 20_000]]);
  });

  it('has a process for each service', () => {
    const events = trace(record.service(), record.error({ service: 's2' }), called('a', 0, 1));
    expect(named(events, 'process_name')).toEqual([
      { name: 'process_name', ph: 'M', pid: 1, tid: 0, ts: 0, args: { name: 'tinkerjs https://tinker.test/api (process 4711)' } },
      { name: 'process_name', ph: 'M', pid: 2, tid: 0, ts: 0, args: { name: 'tinkerjs s2' } },
    ]);
    expect(named(events, 'process_sort_index').map(({ pid, args }) => [pid, args])).toEqual([[1, { sort_index: 1 }], [2, { sort_index: 2 }]]);
  });

  it('counts what waits, without what a file repeats of the one before it', () => {
    const training = [record.training({ queued: 3, inFlightCount: 2 }), record.training({ queued: 3, inFlightCount: 2 }), record.training({ at: morning + 9 })];
    const events = trace(...training, record.sampling({ waiting: 7, running: 5 })).filter(({ ph }) => ph === 'C');
    expect(events).toEqual([
      { name: 'training m1: queue', ph: 'C', pid: 1, tid: 0, ts: morning * 1_000, args: { waiting: 3, 'in flight': 2 } },
      { name: 'training m1: queue', ph: 'C', pid: 1, tid: 0, ts: (morning + 9) * 1_000, args: { waiting: 0, 'in flight': 0 } },
      { name: 'sampling sampling-7: queue', ph: 'C', pid: 1, tid: 0, ts: morning * 1_000, args: { waiting: 7, running: 5 } },
    ]);
  });

  it('has a counter for each metric', () => {
    const events = trace(record.training(), record.metrics({ values: { loss: 0.5, 'tokens:sum': 10 } }), record.metrics({ values: { loss: 0.25, 'tokens:sum': 10 } }));
    expect(events.filter(({ ph, name }) => ph === 'C' && !name.endsWith('queue')).map(({ name, args }) => [name, args])).toEqual([
      ['training m1: loss', { value: 0.25 }],
      ['training m1: tokens:sum', { value: 10 }],
    ]);
  });

  it('has instants for errors, notices and checkpoints', () => {
    const events = trace(
      record.error({ client: 'm1', operation: 'op-1', status: 503 }),
      record.error({ key: '2' }),
      record.notice({ level: 'warning' }),
      record.checkpoint({ savedAt: morning + 4, sizeBytes: 99 }),
    );
    expect(events.filter(({ ph }) => ph === 'i')).toEqual([
      {
        name: 'timeout', ph: 'i', pid: 1, tid: 1, ts: morning * 1_000, cat: 'error', s: 'p', cname: 'terrible',
        args: { message: 'No answer.', advice: 'Try again.', operation: 'op-1', status: 503 },
      },
      { name: 'timeout', ph: 'i', pid: 1, tid: 2, ts: morning * 1_000, cat: 'error', s: 'p', cname: 'terrible', args: { message: 'No answer.', advice: 'Try again.' } },
      { name: 'A client was opened.', ph: 'i', pid: 1, tid: 2, ts: morning * 1_000, cat: 'notice', s: 't', args: { level: 'warning' } },
      {
        name: 'checkpoint (training)', ph: 'i', pid: 1, tid: 1, ts: (morning + 4) * 1_000, cat: 'checkpoint', s: 't',
        args: { path: 'tinker://m1/weights/1', step: 1, sizeBytes: 99 },
      },
    ]);
  });

  it('has nothing of charts and actors, and is empty without records', () => {
    expect(trace(record.chart(), record.actor()).filter(({ ph }) => ph !== 'M')).toEqual([]);
    expect(trace()).toEqual([]);
  });
});
