import { describe, expect, it } from '@jest/globals';
import type { TrainingRecord } from '../../src/inspection/records.js';
import { trainingRecord } from '../../src/training/training-record.js';
import type { TrainingClient } from '../../src/index.js';
import { datum, rejection } from '../support/clients.js';
import { watchedTraining } from '../support/inspection/watched.js';
import { broken, held, json } from '../support/scripted-server.js';
import { settle } from '../support/simulated.js';

/** The record as the snapshot would have it. */
function fromSnapshot(training: TrainingClient): Partial<TrainingRecord> {
  const { modelId, state, paused, queue, sending, inFlight, nextSeqId, optimSteps, counters, lastCheckpoint } = training.getSnapshot();
  return {
    key: modelId,
    actor: training.actor.id,
    state,
    paused,
    queue: queue.slice(0, 100),
    queued: queue.length,
    queuedBytes: queue.reduce((sum, { bytes }) => sum + bytes, 0),
    ...(sending === undefined ? {} : { sending }),
    inFlight: inFlight.slice(0, 100).map(({ id, kind, seqIds, polls, queueState }) => ({ id, kind, seqIds, polls, ...(queueState === undefined ? {} : { queueState }) })),
    inFlightCount: inFlight.length,
    nextSeqId,
    optimSteps,
    counters,
    ...(lastCheckpoint === undefined ? {} : { lastCheckpoint: lastCheckpoint.path }),
  };
}

function check(training: TrainingClient): TrainingRecord {
  const record = trainingRecord(training.actor, 's', 7);
  expect(record).toEqual({ type: 'training', service: 's', at: 7, ...fromSnapshot(training) });
  return record;
}

describe('the record of a training client', () => {
  it('is its snapshot at any moment', async () => {
    const { server, training, pass } = await watchedTraining({}, { fwdbwd_max_chunk_len: 1 });
    expect(check(training)).toMatchObject({ state: 'idle', queue: [], inFlight: [] });
    const submit = held();
    server.next('optim_step', submit.handler);
    const calls = [training.optimStep(), training.forwardBackward([datum(), datum()], 'cross_entropy'), training.saveState('a')];
    expect(check(training)).toMatchObject({ state: 'submitting', sending: { seqIds: [1] }, queued: 2 });
    server.next('retrieve_future', () => json({ type: 'try_again', queue_state: 'paused_capacity' }));
    await settle();
    const [request] = server.to('optim_step');
    if (request === undefined) throw new Error('nothing was sent');
    submit.release(server.accept(request, { metrics: {} }));
    await settle();
    expect(check(training).inFlight[0]).toMatchObject({ kind: 'optimStep', polls: 1, queueState: 'paused_capacity' });
    await pass(1_000);
    await Promise.all(calls);
    expect(check(training)).toMatchObject({ optimSteps: 1, nextSeqId: 5, lastCheckpoint: 'tinker://S:train:0/weights/a', counters: { accepted: 3, done: 3 } });
    training.pause();
    const step = rejection(training.optimStep());
    expect(check(training)).toMatchObject({ state: 'paused', paused: true, queued: 1 });
    training.close();
    await step;
    expect(check(training)).toMatchObject({ state: 'stopped', counters: { cancelled: 1 } });
  });

  it('is its snapshot while it is wedged', async () => {
    const { server, training, pass } = await watchedTraining({ requestDeadlineMs: 1 });
    server.times(2, 'optim_step', () => broken());
    const outcome = rejection(training.optimStep());
    await pass(2_000);
    await outcome;
    expect(check(training)).toMatchObject({ state: 'wedged', sending: { kind: 'optimStep', seqIds: [1] }, counters: { failed: 1 } });
  });

  it('lists the first hundred of ten thousand that wait, and counts all', async () => {
    const { training, watcher, pass } = await watchedTraining();
    training.pause();
    const calls = Array.from({ length: 10_000 }, () => training.optimStep());
    const { queue, queued, queuedBytes } = check(training);
    expect([queue.length, queue[99]?.id, queued, queuedBytes]).toEqual([100, calls[99]?.id, 10_000, 2_000_000]);
    await pass(100);
    expect(watcher.all('operation').filter(({ kind }) => kind === 'optimStep')).toHaveLength(10_000);
    expect(watcher.all('training').map((record) => record.queued)).toEqual([0, 10_000]);
    const outcomes = Promise.allSettled(calls);
    training.close();
    await outcomes;
    await pass(100);
    expect(watcher.record('training', training.modelId)).toMatchObject({ state: 'stopped', queued: 0, queue: [], counters: { cancelled: 10_000 } });
  });

  it('lists the first hundred whose results are awaited', async () => {
    const { server, training } = await watchedTraining();
    server.times(120, 'retrieve_future', held().handler);
    const calls = Array.from({ length: 120 }, () => training.optimStep());
    await settle(2_000);
    const { inFlight, inFlightCount } = check(training);
    expect([inFlight.length, inFlight[99]?.id, inFlightCount]).toEqual([100, calls[99]?.id, 120]);
    const outcomes = Promise.allSettled(calls);
    training.close();
    await outcomes;
  });
});

describe('how often a training client is told', () => {
  it('is at most once in a tenth of a second for each operation', async () => {
    const { server, training, watcher, pass } = await watchedTraining();
    server.times(200, 'retrieve_future', () => json({ type: 'try_again', queue_state: 'paused_capacity', queue_state_reason: 'full' }));
    const before = watcher.tellings.length;
    const step = training.optimStep();
    await pass(3_000);
    const times = watcher.tellings.slice(before).map((records) => {
      expect(records.filter(({ type, key }) => type === 'operation' && key === step.id).length).toBeLessThanOrEqual(1);
      expect(records.filter(({ type }) => type === 'training').length).toBeLessThanOrEqual(1);
      return records.at(-1)?.at ?? 0;
    });
    expect(times.length).toBeGreaterThan(2);
    expect(Math.min(...times.slice(1).map((time, index) => time - (times[index] ?? 0)))).toBeGreaterThanOrEqual(100);
    step.cancel();
    await rejection(step);
  });
});
