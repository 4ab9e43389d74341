import * as t from 'io-ts';
import type * as R from '../inspection/records.js';
import { isRecord } from '../types/check.js';
import { chart, FiniteNumber, inFlight, mark, phase, queued, session, transition } from './record-parts.js';
import { shape } from './shape.js';

type RecordType = R.InspectionRecord['type'];

const base = { service: t.string, key: t.string, at: FiniteNumber } as const;
const texts = t.readonlyArray(t.string);

const codecs: { readonly [T in RecordType]: t.Type<Extract<R.InspectionRecord, { readonly type: T }>, unknown> } = {
  service: shape<R.ServiceRecord>(
    'ServiceRecord',
    { ...base, type: t.literal('service'), baseUrl: t.string, version: t.string, nodeVersion: t.string, pid: FiniteNumber, startedAt: FiniteNumber, session },
    { closedAt: FiniteNumber, billingPausedAt: FiniteNumber },
  ),
  chart: shape<R.ChartRecord>('ChartRecord', { ...base, type: t.literal('chart'), chart }, {}),
  actor: shape<R.ActorRecord>(
    'ActorRecord',
    {
      ...base,
      type: t.literal('actor'),
      id: t.string,
      machine: t.string,
      states: texts,
      since: FiniteNumber,
      status: t.keyof({ active: null, done: null, error: null, stopped: null }),
      transitions: FiniteNumber,
      recent: t.readonlyArray(transition),
    },
    { parent: t.string },
  ),
  training: shape<R.TrainingRecord>(
    'TrainingRecord',
    {
      ...base,
      type: t.literal('training'),
      actor: t.string,
      state: t.keyof({ idle: null, submitting: null, holding: null, computing: null, paused: null, wedged: null, stopped: null }),
      paused: t.boolean,
      queue: t.readonlyArray(queued),
      queued: FiniteNumber,
      queuedBytes: FiniteNumber,
      inFlight: t.readonlyArray(inFlight),
      inFlightCount: FiniteNumber,
      nextSeqId: FiniteNumber,
      optimSteps: FiniteNumber,
      counters: t.readonly(t.type({ accepted: FiniteNumber, done: FiniteNumber, failed: FiniteNumber, cancelled: FiniteNumber })),
    },
    {
      sending: t.readonly(t.type({ id: t.string, kind: t.string, seqIds: t.readonlyArray(FiniteNumber) })),
      lastCheckpoint: t.string,
    },
  ),
  sampling: shape<R.SamplingRecord>(
    'SamplingRecord',
    {
      ...base,
      type: t.literal('sampling'),
      samplingSessionId: t.string,
      state: t.keyof({ idle: null, busy: null, stopped: null }),
      gate: t.string,
      waiting: FiniteNumber,
      running: FiniteNumber,
      counters: t.readonly(t.type({ done: FiniteNumber, failed: FiniteNumber, cancelled: FiniteNumber, resubmitted: FiniteNumber })),
      unrecorded: FiniteNumber,
    },
    {},
  ),
  operation: shape<R.OperationRecord>(
    'OperationRecord',
    {
      ...base,
      type: t.literal('operation'),
      kind: t.string,
      group: t.keyof({ training: null, sampling: null, service: null }),
      status: t.keyof({ queued: null, sending: null, polling: null, paused: null, done: null, failed: null, cancelled: null }),
      calledAt: FiniteNumber,
      phases: t.readonlyArray(phase),
      marks: t.readonlyArray(mark),
    },
    {
      client: t.string,
      endedAt: FiniteNumber,
      leftOut: FiniteNumber,
      seqIds: t.readonlyArray(FiniteNumber),
      requestId: t.string,
      bytes: FiniteNumber,
      parts: FiniteNumber,
      optimStepsBefore: FiniteNumber,
      queueState: t.string,
      reason: t.string,
      error: t.readonly(t.type({ kind: t.string, message: t.string })),
    },
  ),
  metrics: shape<R.MetricsRecord>(
    'MetricsRecord',
    { ...base, type: t.literal('metrics'), client: t.string, kind: t.string, step: FiniteNumber, values: t.readonly(t.record(t.string, FiniteNumber)) },
    {},
  ),
  checkpoint: shape<R.CheckpointRecord>(
    'CheckpointRecord',
    {
      ...base,
      type: t.literal('checkpoint'),
      client: t.string,
      kind: t.keyof({ training: null, sampler: null }),
      step: FiniteNumber,
      savedAt: FiniteNumber,
    },
    { sizeBytes: FiniteNumber, expiresAt: FiniteNumber },
  ),
  error: shape<R.ErrorRecord>(
    'ErrorRecord',
    { ...base, type: t.literal('error'), kind: t.string, message: t.string, advice: t.string },
    { operation: t.string, client: t.string, status: FiniteNumber },
  ),
  notice: shape<R.NoticeRecord>(
    'NoticeRecord',
    { ...base, type: t.literal('notice'), level: t.keyof({ info: null, warning: null }), text: t.string },
    { client: t.string },
  ),
};

const fits = new Map<unknown, (value: unknown) => boolean>(Object.entries(codecs).map(([type, { is }]) => [type, is]));

const isAnyRecord = (value: unknown): value is R.InspectionRecord => isRecord(value) && fits.get(value['type'])?.(value) === true;

/** A record of whatever type, as it was read from a file. */
export const AnyRecord = new t.Type<R.InspectionRecord, unknown>(
  'InspectionRecord',
  isAnyRecord,
  (value, context) => (isAnyRecord(value) ? t.success(value) : t.failure(value, context)),
  t.identity,
);
