import type { MetricsRecord, NoticeRecord, OperationRecord, ServiceRecord, TrainingRecord } from '../../src/inspection/records.js';
import type { WatchedService } from '../../src/inspection/watcher.js';

export const madeService: ServiceRecord = {
  type: 'service',
  service: 'one',
  key: '',
  at: 1000,
  baseUrl: 'http://127.0.0.1:1',
  version: '0.1.0',
  nodeVersion: '20.19.0',
  pid: 7,
  startedAt: 1000,
  session: { state: 'beating', id: 'session-1', heartbeats: 3, failedHeartbeats: 0 },
};

/** A sample on its way, or done. */
export function sampleRecord(number: number, end: 'open' | 'done' = 'done', more: Partial<OperationRecord> = {}): OperationRecord {
  const calledAt = 2000 + number;
  return {
    type: 'operation',
    service: 'one',
    key: `op-${number}`,
    at: calledAt + 50,
    kind: 'sample',
    group: 'sampling',
    client: 'sampling-1',
    status: end === 'open' ? 'polling' : 'done',
    calledAt,
    ...(end === 'done' && { endedAt: calledAt + 50 }),
    phases: [
      { name: 'sending', ms: 0 },
      { name: 'waiting', ms: 10 },
    ],
    marks: [],
    ...more,
  };
}

export function samples(count: number, end: 'open' | 'done' = 'done'): OperationRecord[] {
  return Array.from({ length: count }, (_, number) => sampleRecord(number, end));
}

export function metricsRecord(step: number): MetricsRecord {
  return { type: 'metrics', service: 'one', key: `pass-${step}`, at: 2000 + step, client: 'model-1', kind: 'forwardBackward', step, values: { 'loss:sum': 1 / step } };
}

export function noticeRecord(number: number): NoticeRecord {
  return { type: 'notice', service: 'one', key: `${number}`, at: 2000 + number, level: 'info', text: `notice ${number}` };
}

export const madeTraining: TrainingRecord = {
  type: 'training',
  service: 'one',
  key: 'model-1',
  at: 1500,
  actor: 'training-1',
  state: 'idle',
  paused: false,
  queue: [],
  queued: 0,
  queuedBytes: 0,
  inFlight: [],
  inFlightCount: 0,
  nextSeqId: 4,
  optimSteps: 2,
  counters: { accepted: 3, done: 3, failed: 0, cancelled: 0 },
};

/** A service that is watched, and what it was asked to do. */
export function watchedService(id: string, control: WatchedService['control'] = () => Promise.resolve('done')): WatchedService {
  return { id, snapshot: () => ({ service: { id }, trainings: {}, samplings: {} }), control };
}
