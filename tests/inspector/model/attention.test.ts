import { describe, expect, it } from '@jest/globals';
import type { InspectionRecord, ServiceRecord, SessionFacts, TrainingRecord } from '../../../src/inspection/records.js';
import { attentions } from '../../../src/inspector/model/attention.js';
import { ServiceStore } from '../../../src/inspector/model/service-store.js';

const now = 100 * 3_600_000;
const base = { service: 's', at: now } as const;

function service(session: Partial<SessionFacts> = {}, more: Partial<ServiceRecord> = {}): ServiceRecord {
  return {
    ...base, type: 'service', key: '', baseUrl: 'https://tinker.example', version: '1', nodeVersion: '20', pid: 1, startedAt: 0,
    session: { state: 'beating', heartbeats: 1, failedHeartbeats: 0, ...session }, ...more,
  };
}

function training(more: Partial<TrainingRecord>): TrainingRecord {
  return {
    ...base, type: 'training', key: 'm', actor: 'training-0', state: 'idle', paused: false, queue: [], queued: 0, queuedBytes: 0, inFlight: [], inFlightCount: 0, nextSeqId: 1,
    optimSteps: 0, counters: { accepted: 0, done: 0, failed: 0, cancelled: 0 }, ...more,
  };
}

function found(...records: InspectionRecord[]): string[] {
  const store = new ServiceStore('s', { operations: 10, actors: 10, metrics: 10, others: 10 });
  for (const record of records) store.put(record);
  return attentions(store, now).map(({ tone, panel, text }) => `${tone} ${panel}: ${text.replaceAll('\u202f', ' ')}`);
}

describe('attention', () => {
  it('is asked for by nothing while all is well', () => expect(found(service(), training({}))).toEqual([]));

  it('puts what is grave first', () => {
    const texts = found(service(), training({ state: 'paused', paused: true, queued: 2 }), training({ key: 'n', state: 'wedged' }));
    expect(texts[0]).toMatch(/^bad training: n is wedged/);
    expect(texts[1]).toBe('warn training: m is paused; 2 operations held back.');
  });

  it('is not asked for by clients that are stopped', () => expect(found(training({ state: 'stopped', paused: true }))).toEqual([]));

  it('is asked for by a session in danger', () => {
    expect(found(service({ state: 'atRisk', heardAt: now - 130_000 }))).toEqual(['warn session: The session is at risk: the server does not answer heartbeats, last heard of 2 min 10 s ago.']);
    expect(found(service({ state: 'lost' }))[0]).toMatch(/^bad session: The session is lost/);
    expect(found(service({ state: 'failed' }))[0]).toMatch(/^bad session/);
  });

  it('is asked for by billing', () => expect(found(service({}, { billingPausedAt: now - 61_000 }))[0]).toMatch(/^bad session: .*1 min 01 s/));

  it('is not asked for by a session that was closed', () => expect(found(service({ state: 'lost' }, { closedAt: now, billingPausedAt: 1 }))).toEqual([]));

  it('is asked for by samples that the gate holds back', () => {
    const sampling = { ...base, type: 'sampling', samplingSessionId: 'x', state: 'busy', gate: 'throttled', running: 1, counters: { done: 0, failed: 0, cancelled: 0, resubmitted: 0 }, unrecorded: 0 } as const;
    expect(found({ ...sampling, key: 'a', waiting: 3 }, { ...sampling, key: 'b', waiting: 2 })[0]).toMatch(/5 samples held back/);
    expect(found({ ...sampling, key: 'a', waiting: 0 })).toEqual([]);
    expect(found({ ...sampling, key: 'a', waiting: 3, gate: 'open' })).toEqual([]);
  });

  it('is asked for by checkpoints that expire within the hour', () => {
    const checkpoint = { ...base, type: 'checkpoint', client: 'm', kind: 'training', step: 1, savedAt: 0 } as const;
    const all = [now + 3_000_000, now + 4_000_000, now - 1].map((expiresAt, place) => ({ ...checkpoint, key: `${place}`, expiresAt }));
    expect(found(...all, { ...checkpoint, key: 'never' })).toEqual(['warn checkpoints: 1 checkpoint expires within the hour.']);
  });

  it('is asked for by fresh failures only', () => {
    const error = { ...base, type: 'error', message: 'm', advice: 'a' } as const;
    const old = { ...error, key: '1', kind: 'old', at: now - 16 * 60_000 };
    expect(found(old)).toEqual([]);
    expect(found(old, { ...error, key: '2', kind: 'newer', at: now - 2000 }, { ...error, key: '3', kind: 'older', at: now - 3000 })).toEqual([
      'warn errors: 2 failures in the last 15 minutes, the newest 2 s ago: newer.',
    ]);
  });
});
