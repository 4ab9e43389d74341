import { describe, expect, it } from '@jest/globals';
import { rejection } from '../support/clients.js';
import { taken, watchedSampling } from '../support/inspection/watched.js';
import { input } from '../support/sampling.js';
import { broken, held, json } from '../support/scripted-server.js';
import { advanceUntil } from '../support/simulated.js';

describe('the record of a sample', () => {
  it('tells its way in exact times', async () => {
    const { server, watcher, sampling, pass } = await watchedSampling();
    const submit = held();
    server.next('asample', submit.handler);
    const sample = sampling.sample(input);
    await pass(30);
    submit.release(taken(server, 'asample', { sequences: [] }));
    await sample;
    await pass(100);
    expect(watcher.phases('sample')).toEqual(['queued 0', 'encoding 0', 'sending 0', 'waiting 30']);
    const record = watcher.operation('sample');
    expect(record).toMatchObject({ group: 'sampling', client: sampling.actor.id, status: 'done', seqIds: [0], requestId: sample.requestId, endedAt: 130 });
    expect(record).not.toHaveProperty('optimStepsBefore');
    expect(watcher.calls.at(-1)).toEqual({ id: sample.id, kind: 'sample', group: 'sampling', client: sampling.actor.id, calledAt: 100 });
  });

  it('marks that it is asked for anew, with why, as soon as it is', async () => {
    const { server, environment, watcher, sampling, pass } = await watchedSampling();
    server.next('retrieve_future', () => json({ detail: 'expired' }, 410));
    const sample = sampling.sample(input);
    await pass(100);
    expect(watcher.operation('sample')).toMatchObject({ status: 'queued', marks: [{ name: 'asked anew', ms: 0, why: expect.stringContaining('expired') }] });
    await advanceUntil(environment, sample);
    await pass(100);
    expect(watcher.operation('sample')).toMatchObject({ status: 'done', seqIds: [1] });
    const names = watcher.operation('sample').phases.map(({ name }) => name).slice(0, 8);
    expect(names).toEqual(['queued', 'encoding', 'sending', 'waiting', 'queued', 'encoding', 'sending', 'waiting']);
    expect(watcher.record('sampling', sampling.actor.id).counters).toEqual({ done: 1, failed: 0, cancelled: 0, resubmitted: 1 });
    expect(watcher.all('error')).toEqual([]);
  });

  it('tells that the server pushed it back, and that it was sent again', async () => {
    const { server, environment, watcher, sampling, pass } = await watchedSampling();
    server.next('asample', () => json({ detail: 'slow down' }, 429));
    const sample = sampling.sample(input);
    await pass(100);
    expect(watcher.operation('sample')).toMatchObject({ status: 'paused', queueState: 'paused_backpressure', reason: expect.stringContaining('slow down') });
    expect(watcher.record('sampling', sampling.actor.id)).toMatchObject({ state: 'busy', gate: 'backingOff', running: 1 });
    await advanceUntil(environment, sample);
    await pass(100);
    expect(watcher.operation('sample').phases.map(({ name }) => name).slice(0, 6)).toEqual(['queued', 'encoding', 'sending', 'paused', 'sending', 'waiting']);
    expect(watcher.marks('sample')).toEqual([expect.stringMatching(/^sent again \d+: .*429: slow down/)]);
  });

  it('marks polls that failed', async () => {
    const { server, environment, watcher, sampling, pass } = await watchedSampling();
    server.next('retrieve_future', () => broken()).next('retrieve_future', held().handler);
    await advanceUntil(environment, sampling.sample(input));
    await pass(100);
    expect(watcher.marks('sample')).toEqual([expect.stringMatching(/^poll failed 0: .*ECONNRESET/), expect.stringMatching(/^poll failed \d+: no answer in time$/)]);
  });

  it('tells refusals, failures and cancellations', async () => {
    const { server, watcher, sampling, pass } = await watchedSampling();
    server.next('asample', () => json({ detail: 'no' }, 400)).next('asample', held().handler);
    await rejection(sampling.sample({ ...input, numSamples: -1 }));
    await rejection(sampling.computeLogprobs([1, 2]));
    const given = sampling.sample(input);
    await pass(10);
    given.cancel();
    await rejection(given);
    await pass(100);
    const outcomes = watcher.newest('operation').filter(({ group }) => group === 'sampling').map(({ kind, status, error }) => [kind, status, error?.kind]);
    expect(outcomes).toEqual([['sample', 'failed', 'validation'], ['computeLogprobs', 'failed', 'http'], ['sample', 'cancelled', 'cancelled']]);
    expect(watcher.all('error').map(({ kind, client }) => [kind, client])).toEqual([['validation', sampling.actor.id], ['http', sampling.actor.id]]);
  });
});

describe('the record of a sampling client', () => {
  it('tells what its snapshot tells, and once that it has stopped', async () => {
    const { watcher, sampling, pass } = await watchedSampling();
    const { samplingSessionId, state, gate, waiting, inFlight, counters, resubmitted } = sampling.getSnapshot();
    expect(watcher.record('sampling', sampling.actor.id)).toEqual({
      type: 'sampling', service: watcher.service.id, key: sampling.actor.id, at: 100, samplingSessionId, state, gate, waiting,
      running: inFlight, counters: { ...counters, resubmitted }, unrecorded: 0,
    });
    sampling.close();
    await pass(1_000);
    expect(watcher.all('sampling').map((record) => record.state)).toEqual(['idle', 'stopped']);
    expect(watcher.service.snapshot().samplings).toEqual({});
  });
});
