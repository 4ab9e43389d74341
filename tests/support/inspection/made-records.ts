import type { InspectionRecord, OperationRecord } from '../../../src/inspection/records.js';
import { madeMachines } from './made-machines.js';
import { endOfMaking, madeOperation, seeded, type Making } from './made-operations.js';

export interface MadeOptions {
  /** How many operations; 400. */
  readonly operations?: number;
  /** The same seed makes the same records; 1. */
  readonly seed?: number;
  /** When the service starts; a Monday morning. */
  readonly startedAt?: number;
  /** Whether all is over, and the service closed; false: the last operations are on their way. */
  readonly closed?: boolean;
  /** Id of the service. */
  readonly service?: string;
  /** Samples that go on at once after every save; 64. */
  readonly samples?: number;
}

export const madeStart = Date.UTC(2026, 0, 5, 8, 30);
export const madeTraining = '6f1c2a7e:train:0';
export const madeSampling = 'sampling-0';

/**
 * What an inspector is told by a program that trains and samples: step after step, a save and a round of samples every
 * 50 steps, with retries, a rate limit and failures. Each record is there once, as it is at the end; in order of `at`.
 */
export function madeRecords(options: MadeOptions = {}): InspectionRecord[] {
  const { operations = 400, seed = 1, startedAt = madeStart, closed = false, service = 'service-1', samples = 64 } = options;
  const random = seeded(seed);
  const between = (low: number, high: number) => Math.round(low + random() * (high - low));
  const makings: Omit<Making, 'seenAt' | 'service'>[] = [];
  const records: InspectionRecord[] = [];
  const base = { service } as const;
  const add = (making: Omit<Making, 'seenAt' | 'service' | 'id'>) => {
    const whole = { ...making, id: `op-${makings.length + 1}` };
    makings.push(whole);
    return { id: whole.id, end: endOfMaking(whole), full: makings.length >= operations };
  };

  let at = startedAt + 40;
  let seq = 0;
  let step = 0;
  let full = operations <= 0;
  if (!full) {
    const made = add({ kind: 'createModel', group: 'service', calledAt: at, phases: [['sending', 180], ['waiting', between(4000, 9000)]], bytes: 512 });
    ({ full } = made);
    at = made.end + 250;
  }
  const training = (kind: string, phases: Making['phases'], more: Partial<Making> = {}) =>
    add({ kind, group: 'training', client: madeTraining, calledAt: at, phases, seqIds: [(seq += 1)], optimStepsBefore: step, ...more });

  while (!full) {
    const encode = between(4, 30);
    const send = between(30, 140);
    const work = between(700, 2600);
    const retried = step % 17 === 5;
    const limited = step % 60 === 30;
    const failed = step % 75 === 40;
    const pause = between(15_000, 25_000);
    const lost = 900 + send;
    const pass = training(
      'forwardBackward',
      [
        ['encoding', encode],
        ['sending', retried ? send + lost : send],
        ...(limited ? ([['paused', pause, 'rate limit of the account: 2,000,000 tokens per minute']] as const) : []),
        ['waiting', work],
        ['downloading', between(3, 25)],
      ],
      {
        bytes: between(180_000, 900_000),
        ...(retried && { marks: [{ name: 'sent again', ms: encode + lost - 200, why: 'connection reset by the server (ECONNRESET)' }] }),
        ...(step % 23 === 7 && { marks: [{ name: 'poll failed', ms: encode + send + Math.round(work / 2), why: 'HTTP 503' }] }),
        ...(failed && { error: { kind: 'requestFailed', message: 'Sequence of 40,960 tokens is longer than the 32,768 that the model takes.' } }),
      },
    );
    ({ full } = pass);
    if (failed) {
      records.push({
        ...base, type: 'error', key: `${records.length}`, at: pass.end, kind: 'requestFailed', operation: pass.id, client: madeTraining,
        message: 'Sequence of 40,960 tokens is longer than the 32,768 that the model takes.',
        advice: 'Shorten the datum; the server refuses it however often it is sent.',
      });
    } else {
      const loss = 0.35 + 2.4 * Math.exp(-step / 180) + (random() - 0.5) * 0.12;
      const tokens = between(20_000, 60_000);
      records.push({
        ...base, type: 'metrics', key: pass.id, at: pass.end, client: madeTraining, kind: 'forwardBackward', step: step + 1,
        values: { 'loss:sum': loss * tokens, 'loss:mean': loss, 'tokens:sum': tokens },
      });
    }
    if (full) break;
    at += 2;
    const optim = training('optimStep', [
      ['queued', encode + send],
      ['sending', between(20, 60)],
      ...(limited ? ([['paused', pause - 60, 'rate limit of the account: 2,000,000 tokens per minute']] as const) : []),
      ['waiting', pass.end - at - encode - send - (limited ? pause : 0) + between(120, 480)],
    ]);
    records.push({
      ...base, type: 'metrics', key: optim.id, at: optim.end, client: madeTraining, kind: 'optimStep', step: step + 1,
      values: { 'grad_norm:mean': 0.4 + 3 * Math.exp(-step / 90) + random() * 0.3, learning_rate: 1e-4 * Math.min(1, (step + 1) / 20) },
    });
    ({ full } = optim);
    step += 1;
    at = optim.end + between(15, 240);
    if (full || step % 50 !== 0) continue;

    for (const [kind, folder, saved] of [['saveState', 'weights', 'training'], ['saveWeightsForSampler', 'sampler_weights', 'sampler']] as const) {
      if (full) break;
      const save = training(kind, [['sending', between(30, 80)], ['waiting', between(2500, 7000)]]);
      records.push({
        ...base, type: 'checkpoint', key: `tinker://${madeTraining}/${folder}/step-${step}`, at: save.end, client: madeTraining, kind: saved,
        step, savedAt: save.end, sizeBytes: saved === 'training' ? 402_653_184 : 134_217_728,
        ...(saved === 'sampler' && { expiresAt: save.end + 24 * 3_600_000 }),
      });
      ({ full } = save);
      at = save.end + 20;
    }
    let latest = at;
    for (let sample = 0; sample < samples && !full; sample += 1) {
      const held = sample < 40 ? between(0, 12) : between(900, 2400);
      const anew = sample % 31 === 12;
      const made = add({
        kind: 'sample', group: 'sampling', client: madeSampling, calledAt: at + sample, bytes: between(2000, 30_000), seqIds: [sample + step * 10],
        phases: [['queued', held], ['sending', between(20, 90)], ['waiting', between(600, 7000)], ['downloading', between(1, 20)]],
        ...(anew && { marks: [{ name: 'asked anew', ms: held + 500, why: 'the server lost the request (HTTP 410)' }] }),
        ...(sample === 50 && { error: { kind: 'timeout', message: 'No answer within 600 s.' } }),
      });
      latest = Math.max(latest, made.end);
      ({ full } = made);
    }
    at = latest + between(800, 4000);
  }

  const ends = makings.map(endOfMaking);
  const lastEnd = ends.reduce((latest, end) => Math.max(latest, end), startedAt);
  const lastCall = makings.reduce((latest, { calledAt }) => Math.max(latest, calledAt), startedAt);
  const seenAt = closed ? lastEnd + 100 : Math.min(lastCall + 400, lastEnd);
  const made = makings.map((making): OperationRecord => madeOperation({ ...making, service, seenAt }));
  const machines = madeMachines({ service, startedAt, seenAt, closed, step, nextSeqId: seq + 1, operations: made, training: madeTraining, sampling: madeSampling });
  return [...machines, ...made, ...records.filter((record) => record.at <= seenAt)].sort((a, b) => a.at - b.at);
}

/** The operations alone, in the order in which they were called. */
export function madeOperations(options: MadeOptions = {}): OperationRecord[] {
  const operations = madeRecords(options).filter((record) => record.type === 'operation');
  return operations.sort((a, b) => a.calledAt - b.calledAt);
}
