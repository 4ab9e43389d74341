import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { storageByHour } from '../../src/server/usage/billing-storage.js';
import { UsageBook } from '../../src/server/usage/billing-usage.js';
import { saveCheckpoint } from '../../src/server/checkpoints/checkpoint-saving.js';
import { StateStore } from '../../src/server/state-store.js';
import { openTestApi, passRequest, type TestApi } from '../support/local-api.js';
import { ManualClock } from '../support/manual-clock.js';

const hour = 3_600_000;
const day = 24 * hour;

let server: TestApi;
let modelId: string;
let sessionId: string;
beforeEach(async () => {
  server = await openTestApi({ sessionTimeoutMs: 20 * day });
  ({ modelId, sessionId } = await server.openModel());
});
afterEach(async () => {
  await server.close();
});

async function usage(from: string, before: string): Promise<{ status: number; body: { data: Record<string, unknown>[]; sessions: unknown; detail?: string } }> {
  const query = new URLSearchParams({ starting_on: from, ending_before: before });
  const response = await server.request('GET', `/api/v1/billing/usage/events?${query.toString()}`);
  return { status: response.status, body: JSON.parse(await response.text()) as Awaited<ReturnType<typeof usage>>['body'] };
}

const infos = async (from: string, before: string): Promise<unknown[]> =>
  (await usage(from, before)).body.data.map((event) => [event['bucket_start'], event['event_info']]);

async function train(seqId: number, tokens: number, kind: 'forward' | 'forward_backward' = 'forward_backward'): Promise<void> {
  await server.poll(await server.submit(`/api/v1/${kind}`, passRequest(modelId, seqId, Array.from({ length: tokens }, () => 1), kind)));
}

describe('usage', () => {
  it('is summed up by hour and session', async () => {
    await train(1, 3);
    await train(2, 4, 'forward');
    server.clock.advance(hour);
    await train(3, 5);
    const { status, body } = await usage('2026-01-01T00:00:00Z', '2026-01-01T03:00:00Z');
    const facts = { base_model: 'fake/one', user_id: 'urn:tinkerjs:user:local', user_name: 'local', session_id: sessionId };
    expect(status).toBe(200);
    expect(body).toEqual({
      data: [
        { bucket_start: '2026-01-01T00:00:00Z', bucket_end: '2026-01-01T01:00:00Z', ...facts, event_info: { type: 'training', token_count: 7 } },
        { bucket_start: '2026-01-01T01:00:00Z', bucket_end: '2026-01-01T02:00:00Z', ...facts, event_info: { type: 'training', token_count: 5 } },
      ],
      sessions: { [sessionId]: { user_metadata: {} } },
    });
    expect(await infos('2026-01-01T01:00:00Z', '2026-01-01T02:00:00Z')).toEqual([['2026-01-01T01:00:00Z', { type: 'training', token_count: 5 }]]);
  });

  it('counts sampled tokens, and prefill tokens apart when they were there already', async () => {
    server.api.usage.record(sessionId, 'fake/one', { type: 'sampling_prefill', tokenCount: 5, cached: false });
    server.api.usage.record(sessionId, 'fake/one', { type: 'sampling_prefill', tokenCount: 2, cached: true });
    server.api.usage.record(sessionId, 'fake/one', { type: 'sampling_prefill', tokenCount: 4, cached: true });
    server.api.usage.record(sessionId, 'fake/one', { type: 'sampling_sample', tokenCount: 7 });
    const { data } = (await usage('2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z')).body;
    expect(data.map((event) => event['event_info'])).toEqual([
      { type: 'sampling_sample', token_count: 7 },
      { type: 'sampling_prefill', cached: true, token_count: 6 },
      { type: 'sampling_prefill', cached: false, token_count: 5 },
    ]);
  });

  it('counts saves, and what checkpoints take as long as they are there', async () => {
    server.clock.advance(hour / 2);
    const path = await saveCheckpoint(server.api, { modelId, name: 'ck', kind: 'weights', ttlSeconds: undefined, overwrite: false });
    const gigabytes = (server.api.checkpoints.find(path)?.sizeBytes ?? 0) / 1e9;
    expect(gigabytes).toBeGreaterThan(0);
    server.clock.advance(hour);
    const expected = (hours: readonly number[]): unknown[] => [
      ['2026-01-01T00:00:00Z', { type: 'checkpoint', count: 1 }],
      ...hours.map((share, index) => [`2026-01-01T0${index}:00:00Z`, { type: 'storage', gigabyte_hours: expect.closeTo(gigabytes * share, 15) }]),
    ];
    expect(await infos('2026-01-01T00:00:00Z', '2026-01-01T05:00:00Z')).toEqual(expected([0.5, 0.5]));
    server.clock.advance(hour);
    await server.request('DELETE', `/api/v1/training_runs/${modelId}/checkpoints/weights/ck`);
    server.clock.advance(hour);
    expect(await infos('2026-01-01T00:00:00Z', '2026-01-01T05:00:00Z')).toEqual(expected([0.5, 1, 0.5]));
  });

  it('ends for a checkpoint when it expires, whenever that is noticed', async () => {
    await saveCheckpoint(server.api, { modelId, name: 'ck', kind: 'weights', ttlSeconds: 1800, overwrite: false });
    server = await server.crash();
    server.clock.advance(3 * hour);
    await server.api.checkpoints.sweep();
    const stored = (await infos('2026-01-01T00:00:00Z', '2026-01-01T05:00:00Z')).filter((entry) => JSON.stringify(entry).includes('storage'));
    expect(stored).toEqual([['2026-01-01T00:00:00Z', { type: 'storage', gigabyte_hours: expect.any(Number) as unknown }]]);
  });

  it('survives a restart, and names the project of the session', async () => {
    await train(1, 3);
    await server.request('PUT', `/api/v1/sessions/${sessionId}/project`, { project_id: 'p' });
    await server.api.usage.flush();
    server = await server.crash();
    const { body } = await usage('2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z');
    expect(body.data).toMatchObject([{ project_id: 'p', event_info: { type: 'training', token_count: 3 } }]);
  });

  it.each([
    ['2026-01-01T00:30:00Z', '2026-01-01T02:00:00Z', 'starting_on: got 2026-01-01T00:30:00.000Z, expected the start of an hour in UTC'],
    ['2026-01-01T00:00:00Z', '2026-01-01T01:00:01Z', 'ending_before: got 2026-01-01T01:00:01.000Z, expected the start of an hour in UTC'],
    ['2026-01-01T01:00:00Z', '2026-01-01T02:00:00Z', 'starting_on: got 2026-01-01T01:00:00.000Z, expected a time that is not in the future'],
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', 'ending_before: got 2026-01-01T00:00:00.000Z, expected a time after starting_on'],
    ['2025-12-20T00:00:00Z', '2026-01-03T01:00:00Z', 'ending_before: got 2026-01-03T01:00:00.000Z, expected at most 14 days after starting_on'],
  ])('is refused from %s to %s', async (from, before, detail) => {
    expect(await usage(from, before)).toEqual({ status: 400, body: { detail } });
  });

  it('is given for 14 days, and refused without dates', async () => {
    expect((await usage('2025-12-20T00:00:00Z', '2026-01-03T00:00:00Z')).status).toBe(200);
    expect((await usage('yesterday', '2026-01-03T00:00:00Z')).status).toBe(422);
    expect((await server.request('GET', '/api/v1/billing/usage/events')).status).toBe(422);
  });
});

describe('UsageBook', () => {
  it('forgets what is more than three months ago, in memory and on disk', async () => {
    const { dataDir } = server.api.options;
    const clock = new ManualClock();
    const open = async (): Promise<UsageBook> => {
      const book = new UsageBook(new StateStore(join(dataDir, 'book'), () => undefined), clock);
      await book.load();
      return book;
    };
    const book = await open();
    book.record('s', 'm', { type: 'sampling_sample', tokenCount: 1 });
    await book.flush();
    clock.advance(91 * day);
    book.record('s', 'm', { type: 'sampling_sample', tokenCount: 2 });
    await book.flush();
    expect(await readdir(join(dataDir, 'book', 'usage'))).toEqual(['2026-04-02.json']);
    expect(book.between(0, clock.now() + 1, []).map(({ amount }) => amount)).toEqual([2]);
    expect((await open()).between(0, clock.now() + 1, []).map(({ amount }) => amount)).toEqual([2]);
    clock.advance(91 * day);
    expect((await open()).between(0, clock.now() + 1, [])).toEqual([]);
    expect(await readdir(join(dataDir, 'book', 'usage'))).toEqual([]);
  });
});

describe('storageByHour', () => {
  it('cuts a span at the hours of UTC', () => {
    expect(storageByHour(2e9, 1.5 * hour, 3.25 * hour)).toEqual([
      { hour, gigabyteHours: 1 },
      { hour: 2 * hour, gigabyteHours: 2 },
      { hour: 3 * hour, gigabyteHours: 0.5 },
    ]);
    expect(storageByHour(2e9, 2 * hour, 2 * hour)).toEqual([]);
  });
});
