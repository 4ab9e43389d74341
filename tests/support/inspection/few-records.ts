import type {
  ActorRecord,
  CheckpointRecord,
  ChartRecord,
  ErrorRecord,
  InspectionRecord,
  MetricsRecord,
  NoticeRecord,
  OperationRecord,
  SamplingRecord,
  ServiceRecord,
  TrainingRecord,
} from '../../../src/inspection/records.js';
import type { WatchedService } from '../../../src/inspection/watcher.js';

type Facts<R extends InspectionRecord> = Partial<Omit<R, 'type'>>;

/** Monday, 5 January 2026, 8:30:00. */
export const morning = Date.UTC(2026, 0, 5, 8, 30);

/** One record of each type, with the facts that a test is about. */
export const record = {
  service: (facts: Facts<ServiceRecord> = {}): ServiceRecord => ({
    type: 'service', service: 's1', key: '', at: morning, baseUrl: 'https://tinker.test/api', version: '0.1.0', nodeVersion: 'v20.20.2', pid: 4711, startedAt: morning,
    session: { state: 'beating', id: 'session-1', heartbeats: 3, failedHeartbeats: 0 }, ...facts,
  }),
  chart: (facts: Facts<ChartRecord> = {}): ChartRecord => ({ type: 'chart', service: 's1', key: 'session', at: morning, chart: { id: 'session', states: [], transitions: [] }, ...facts }),
  actor: (facts: Facts<ActorRecord> = {}): ActorRecord => ({
    type: 'actor', service: 's1', key: 'a1', at: morning, id: 'session', machine: 'session', states: ['alive'], since: morning, status: 'active', transitions: 1, recent: [], ...facts,
  }),
  training: (facts: Facts<TrainingRecord> = {}): TrainingRecord => ({
    type: 'training', service: 's1', key: 'm1', at: morning, actor: 'training-1', state: 'computing', paused: false, queue: [], queued: 0, queuedBytes: 0, inFlight: [], inFlightCount: 0,
    nextSeqId: 1, optimSteps: 0, counters: { accepted: 0, done: 0, failed: 0, cancelled: 0 }, ...facts,
  }),
  sampling: (facts: Facts<SamplingRecord> = {}): SamplingRecord => ({
    type: 'sampling', service: 's1', key: 'p1', at: morning, samplingSessionId: 'sampling-7', state: 'busy', gate: 'open', waiting: 0, running: 0,
    counters: { done: 0, failed: 0, cancelled: 0, resubmitted: 0 }, unrecorded: 0, ...facts,
  }),
  operation: (facts: Facts<OperationRecord> = {}): OperationRecord => ({
    type: 'operation', service: 's1', key: 'op-1', at: morning, kind: 'forwardBackward', group: 'training', client: 'm1', status: 'polling', calledAt: morning, phases: [], marks: [], ...facts,
  }),
  /** A call of the service itself. */
  ofService: (facts: Facts<OperationRecord> = {}): OperationRecord => ({
    type: 'operation', service: 's1', key: 'op-1', at: morning, kind: 'createModel', group: 'service', status: 'done', calledAt: morning, phases: [], marks: [], ...facts,
  }),
  metrics: (facts: Facts<MetricsRecord> = {}): MetricsRecord => ({
    type: 'metrics', service: 's1', key: 'op-1', at: morning, client: 'm1', kind: 'forwardBackward', step: 1, values: { loss: 0.5 }, ...facts,
  }),
  checkpoint: (facts: Facts<CheckpointRecord> = {}): CheckpointRecord => ({
    type: 'checkpoint', service: 's1', key: 'tinker://m1/weights/1', at: morning, client: 'm1', kind: 'training', step: 1, savedAt: morning, ...facts,
  }),
  error: (facts: Facts<ErrorRecord> = {}): ErrorRecord => ({ type: 'error', service: 's1', key: '1', at: morning, kind: 'timeout', message: 'No answer.', advice: 'Try again.', ...facts }),
  notice: (facts: Facts<NoticeRecord> = {}): NoticeRecord => ({ type: 'notice', service: 's1', key: '1', at: morning, level: 'info', text: 'A client was opened.', ...facts }),
};

/** A service to be watched, of which only its id matters. */
export function watched(id = 's1'): WatchedService {
  return { id, snapshot: () => ({ service: {}, trainings: {}, samplings: {} }), control: () => Promise.reject(new Error('nothing to control')) };
}

/** What the lines of a recording say. */
export function linesOf(text = ''): unknown[] {
  return text.split('\n').slice(0, -1).map((line) => JSON.parse(line) as unknown);
}
