import { describe, expect, it } from '@jest/globals';
import type { OperationRecord, TrainingRecord } from '../../../src/inspection/records.js';
import { checkpointsNewestFirst, expiryStanding } from '../../../src/inspector/model/checkpoint-expiry.js';
import { ProgramClock } from '../../../src/inspector/model/program-clock.js';
import { retryDelay } from '../../../src/inspector/model/retry-delay.js';
import { sessionAdvice } from '../../../src/inspector/model/session-advice.js';
import { standstill } from '../../../src/inspector/model/standstill.js';
import { actorStanding, gateStanding, samplingStanding, sessionStanding, trainingStanding } from '../../../src/inspector/model/tones.js';

const hour = 3_600_000;

const decide = 'Nothing later is sent until that is decided: retry sends it again under the same numbers, skip leaves it behind and goes on.';

describe('standings', () => {
  it('of training clients say when they are about to pause', () => {
    expect(trainingStanding({ state: 'computing', paused: false })).toEqual({ tone: 'busy', words: 'computing' });
    expect(trainingStanding({ state: 'computing', paused: true })).toEqual({ tone: 'warn', words: 'computing, pausing' });
    expect(trainingStanding({ state: 'wedged', paused: true }).tone).toBe('bad');
    expect(trainingStanding({ state: 'paused', paused: true })).toEqual({ tone: 'warn', words: 'paused' });
    expect(trainingStanding({ state: 'stopped', paused: true }).words).toBe('stopped');
  });

  it('of the gate warn of anything but open', () => {
    expect(['open', 'backingOff', 'throttled', 'billingPaused'].map((gate) => gateStanding(gate).tone)).toEqual(['ok', 'warn', 'warn', 'bad']);
  });

  it('of sessions, samplings and actors', () => {
    expect([sessionStanding({ state: 'atRisk' }), samplingStanding({ state: 'busy' }), actorStanding({ status: 'error' })].map(({ tone }) => tone)).toEqual(['warn', 'busy', 'bad']);
  });

  it.each([[undefined, 'idle', 'never'], [7 * hour, 'idle', 'in 7 h 00 min'], [5 * hour, 'warn', 'in 5 h 00 min'], [hour / 2, 'bad', 'in 30 min 00 s'], [-2000, 'bad', 'expired 2 s ago']] as const)(
    'of a checkpoint that expires after %p ms are %p',
    (left, tone, words) => {
      const standing = expiryStanding(left === undefined ? {} : { expiresAt: 1e9 + left }, 1e9);
      expect({ ...standing, words: standing.words.replaceAll('\u202f', ' ') }).toEqual({ tone, words });
    },
  );

  it('has checkpoints in order, the newest first', () => {
    const saved = (savedAt: number, step: number) => ({ type: 'checkpoint', service: 's', key: `${step}`, at: savedAt, client: 'm', kind: 'training', step, savedAt }) as const;
    expect(checkpointsNewestFirst([saved(1, 10), saved(3, 20), saved(3, 30)]).map(({ step }) => step)).toEqual([30, 20, 10]);
  });
});

describe('advice', () => {
  it('on a lost session names the checkpoint to restore', () => {
    expect(sessionAdvice('lost', 'tinker://m/weights/a')).toContain('restore tinker://m/weights/a.');
    expect(sessionAdvice('lost')).toContain('restore the newest checkpoint.');
  });

  it('on a session that is well is silence', () => expect(sessionAdvice('beating') + sessionAdvice('opening')).toBe(''));

  it('on a wedged client names the operation whose outcome is unknown', () => {
    const training = { type: 'training', key: 'm', state: 'wedged', paused: false } as const;
    const whole: TrainingRecord = {
      ...training, service: 's', at: 1, actor: 'a', queue: [], queued: 0, queuedBytes: 0, inFlight: [], inFlightCount: 0, nextSeqId: 1, optimSteps: 0,
      counters: { accepted: 0, done: 0, failed: 0, cancelled: 0 },
    };
    const operation: OperationRecord = {
      type: 'operation', service: 's', key: 'o', at: 1, kind: 'optimStep', group: 'training', client: 'm', status: 'failed', calledAt: 0, phases: [], marks: [], seqIds: [7],
      error: { kind: 'wedged', message: 'No definite answer.' },
    };
    expect(standstill(whole, [{ ...operation, key: 'p', client: 'n', seqIds: [9] }, operation, { ...operation, key: 'q', endedAt: 4, seqIds: [8] }])).toMatch(/^The outcome of optimStep \(seq_id 7\) is unknown: No definite answer\./);
    const said = { kind: 'wedged', message: 'No answer. Nothing after it is sent until you decide: retry() or skip().' };
    expect(standstill(whole, [{ ...operation, error: said }])).toBe(`The outcome of optimStep (seq_id 7) is unknown: No answer. ${decide}`);
    expect(standstill(whole, [])).toMatch(/^The outcome of an operation is unknown\./);
    expect(standstill({ ...whole, state: 'computing', paused: true }, [])).toMatch(/^Pausing/);
    expect(standstill({ ...whole, state: 'paused', paused: true }, [])).toMatch(/^Paused/);
    expect([standstill({ ...whole, state: 'computing' }, []), standstill({ ...whole, state: 'stopped', paused: true }, [])]).toEqual([undefined, undefined]);
  });
});

describe('the connection', () => {
  it('is tried again after longer and longer waits, up to ten seconds', () => {
    expect([1, 2, 3, 4, 5, 1000].map(retryDelay)).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  it('tells the clock of another machine, and ignores what the way takes', () => {
    const clock = new ProgramClock();
    clock.heard(1000, 1900);
    expect(clock.at(5000)).toBe(5000);
    clock.heard(100_000, 1000);
    expect(clock.at(5000)).toBe(104_000);
  });
});
