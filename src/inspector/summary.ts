import type { CheckpointRecord, ErrorRecord, InspectionRecord, MetricsRecord, OperationRecord, ServiceRecord } from '../inspection/records.js';
import type { History } from './history.js';
import type { LoadedRecording } from './load-recording.js';
import { whereTimeGoes, type WhereTimeGoes } from './model/where-time-goes.js';
import type { Dropped } from './protocol.js';

/** What `tinkerjs inspect --json` prints: a recording in short. Moments are milliseconds since 1970. */
export interface RecordingSummary {
  readonly file: string;
  /** How many files it is in. */
  readonly files: number;
  /** What was damaged, in sentences. */
  readonly damage: readonly string[];
  /** What did not fit into memory and is missing below. */
  readonly dropped: Dropped;
  readonly services: readonly ServiceSummary[];
}

/** One service in short. */
export interface ServiceSummary {
  readonly service: string;
  readonly baseUrl?: string;
  readonly version?: string;
  readonly session?: string;
  /** The first and the last that is known of it. */
  readonly from: number;
  readonly to: number;
  readonly isClosed: boolean;
  /** By kind. */
  readonly operations: Readonly<Record<string, OperationCounts>>;
  /** Where the time between `from` and `to` went. */
  readonly time: WhereTimeGoes;
  /** By model id. */
  readonly trainings: Readonly<Record<string, { readonly optimSteps: number; readonly state: string }>>;
  /** The last of each client and kind. */
  readonly metrics: readonly Pick<MetricsRecord, 'client' | 'kind' | 'step' | 'values'>[];
  readonly checkpoints: readonly (Pick<CheckpointRecord, 'client' | 'kind' | 'step' | 'savedAt' | 'sizeBytes'> & { readonly path: string })[];
  readonly errors: readonly Pick<ErrorRecord, 'at' | 'kind' | 'message' | 'advice' | 'operation' | 'client' | 'status'>[];
}

/** How many operations came to which end. */
export interface OperationCounts {
  done: number;
  failed: number;
  cancelled: number;
  /** Without an end. */
  open: number;
}

/** A recording in short. */
export function summaryOf({ recording, history }: LoadedRecording): RecordingSummary {
  const { name: file, files, damage } = recording;
  return {
    file,
    files: files.length,
    damage,
    dropped: history.dropped,
    services: history.serviceIds().map((service) => serviceSummary(history, service)),
  };
}

function serviceSummary(history: History, service: string): ServiceSummary {
  let known: ServiceRecord | undefined;
  let [from, to] = [Infinity, -Infinity];
  const operations: Record<string, OperationCounts> = {};
  const trainings: Record<string, { optimSteps: number; state: string }> = {};
  const metrics = new Map<string, ServiceSummary['metrics'][number]>();
  const checkpoints: ServiceSummary['checkpoints'][number][] = [];
  const errors: ServiceSummary['errors'][number][] = [];
  for (const record of history.records((kept) => kept.service === service)) {
    from = Math.min(from, beginOf(record));
    to = Math.max(to, record.at);
    switch (record.type) {
      case 'service':
        known = record;
        break;
      case 'operation':
        (operations[record.kind] ??= { done: 0, failed: 0, cancelled: 0, open: 0 })[endOf(record)] += 1;
        break;
      case 'training':
        trainings[record.key] = { optimSteps: record.optimSteps, state: record.state };
        break;
      case 'metrics': {
        const { client, kind, step, values } = record;
        const of = JSON.stringify([client, kind]);
        if ((metrics.get(of)?.step ?? 0) <= step) metrics.set(of, { client, kind, step, values });
        break;
      }
      case 'checkpoint': {
        const { key: path, client, kind, step, savedAt, sizeBytes } = record;
        checkpoints.push({ path, client, kind, step, savedAt, ...(sizeBytes !== undefined && { sizeBytes }) });
        break;
      }
      case 'error': {
        const { at, kind, message, advice, operation, client, status } = record;
        errors.push({
          at,
          kind,
          message,
          advice,
          ...(operation !== undefined && { operation }),
          ...(client !== undefined && { client }),
          ...(status !== undefined && { status }),
        });
        break;
      }
      default:
    }
  }
  return {
    service,
    ...(known !== undefined && { baseUrl: known.baseUrl, version: known.version, session: known.session.state }),
    from,
    to,
    isClosed: known?.closedAt !== undefined,
    operations,
    time: whereTimeGoes(operationsOf(history, service), from, to),
    trainings,
    metrics: [...metrics.values()],
    checkpoints,
    errors,
  };
}

function beginOf(record: InspectionRecord): number {
  if (record.type === 'service') return record.startedAt;
  return record.type === 'operation' ? record.calledAt : record.at;
}

function endOf({ status, endedAt }: OperationRecord): keyof OperationCounts {
  if (endedAt === undefined) return 'open';
  return status === 'failed' || status === 'cancelled' ? status : 'done';
}

function* operationsOf(history: History, service: string): Generator<OperationRecord> {
  for (const record of history.records((kept) => kept.service === service && kept.type === 'operation')) {
    if (record.type === 'operation') yield record;
  }
}
