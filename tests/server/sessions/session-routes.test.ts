import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TraceLog } from '../../../src/server/traces/trace-log.js';
import { openTestApi, passRequest, stepRequest, type TestApi } from '../../support/local-api.js';

let server: TestApi;
beforeEach(async () => {
  server = await openTestApi();
});
afterEach(async () => {
  await server.close();
});

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const response = await server.request('GET', `/api/v1/${path}`);
  return { status: response.status, body: await response.json() };
}

describe('sessions', () => {
  it('are listed newest first, in pages, the ended ones too', async () => {
    const opened: string[] = [];
    for (let index = 0; index < 3; index += 1) {
      opened.unshift((await server.openModel()).sessionId);
      server.clock.advance(400_000);
    }
    expect(await get('sessions')).toEqual({ status: 200, body: { sessions: opened } });
    expect(await get('sessions?limit=1&offset=1')).toEqual({ status: 200, body: { sessions: [opened[1]] } });
    expect((await get('sessions?limit=-1')).status).toBe(422);
    // Writes happen in turn: with this one, those of the ended sessions are on the disk.
    await server.api.sessions.setProject(opened[0] ?? '', 'p');
    server = await server.crash();
    expect(await get('sessions?access_scope=accessible')).toEqual({ status: 200, body: { sessions: opened } });
  });

  it('tell their runs and samplers', async () => {
    const { sessionId, modelId } = await server.openModel();
    await server.openModel();
    const sampler = await server.post('/api/v1/create_sampling_session', { session_id: sessionId, sampling_session_seq_id: 0, base_model: 'fake/one' });
    expect(await get(`sessions/${sessionId}`)).toEqual({
      status: 200,
      body: { training_run_ids: [modelId], sampler_ids: [sampler.body['sampling_session_id']] },
    });
    expect(await get('sessions/none')).toEqual({ status: 404, body: { detail: 'Session not found: none.' } });
  });

  it.each([
    [{ project_id: '' }, 400],
    [{ project_id: '  ' }, 400],
    [{}, 422],
    [{ project_id: 7 }, 422],
  ])('cannot be moved into the project %j', async (body, status) => {
    const { sessionId } = await server.openModel();
    const response = await server.request('PUT', `/api/v1/sessions/${sessionId}/project`, body);
    expect([response.status, await response.json()]).toEqual([status, { detail: expect.stringContaining('project_id') as unknown }]);
  });

  it('that do not exist cannot be moved', async () => {
    expect((await server.request('PUT', '/api/v1/sessions/none/project', { project_id: 'p' })).status).toBe(404);
    expect((await server.request('PUT', '/api/v1/sessions/..%2F..%2Fx/project', { project_id: 'p' })).status).toBe(404);
  });
});

describe('a session that its client finishes', () => {
  const finish = async (sessionId: string, body: object): Promise<number> =>
    (await server.request('POST', `/api/v1/sessions/${sessionId}/finish`, body)).status;
  const heartbeat = async (sessionId: string) => await server.post('/api/v1/session_heartbeat', { session_id: sessionId });

  it('has ended, with its models and samplers, also after a restart', async () => {
    const { sessionId, modelId } = await server.openModel();
    const open = { session_id: sessionId, sampling_session_seq_id: 0, base_model: 'fake/one' };
    const sampler = await server.post('/api/v1/create_sampling_session', open);
    expect(await finish(sessionId, { reason: { type: 'success' }, detail: null })).toBe(204);
    const gone = { status: 410, body: { detail: `Session ${sessionId} was finished by its client. Create a new session.` } };
    expect(await heartbeat(sessionId)).toEqual(gone);
    expect(await server.post('/api/v1/create_sampling_session', { ...open, sampling_session_seq_id: 1 })).toEqual(gone);
    expect((await get(`samplers/${String(sampler.body['sampling_session_id'])}`)).status).toBe(404);
    const passing = await server.submit('/api/v1/forward_backward', passRequest(modelId, 1));
    expect((await server.poll(passing)).body).toEqual({
      category: 'user',
      error: expect.stringContaining(`Model ${modelId} is not loaded: its session ended because its client finished it. Go on from`) as unknown,
    });
    server = await server.crash();
    expect(await heartbeat(sessionId)).toEqual(gone);
  });

  it('keeps the reason that was given first', async () => {
    const { sessionId } = await server.openModel();
    expect(await finish(sessionId, { reason: { type: 'errored' }, detail: 'it broke' })).toBe(204);
    expect(await finish(sessionId, { reason: { type: 'success' } })).toBe(204);
    expect(server.api.sessions.find(sessionId)?.finished).toEqual({ status: 'errored', detail: 'it broke' });
  });

  it('has to be there, and the reason one of three', async () => {
    const { sessionId } = await server.openModel();
    expect(await finish('none', { reason: { type: 'success' } })).toBe(404);
    expect(await finish(sessionId, { reason: { type: 'bored' } })).toBe(422);
    expect((await heartbeat(sessionId)).status).toBe(200);
  });
});

describe('the trace of a session', () => {
  it('holds when each operation was accepted, begun and ended', async () => {
    const { sessionId, modelId } = await server.openModel();
    await server.openModel();
    const release = server.engine.hold();
    const passing = await server.submit('/api/v1/forward_backward', passRequest(modelId, 1));
    server.clock.advance(20);
    const stepping = await server.submit('/api/v1/optim_step', stepRequest(modelId, 2));
    server.clock.advance(30);
    release();
    await server.poll(passing);
    await server.poll(stepping);

    const ready = await get(`sessions/${sessionId}/trace_export`);
    expect(ready.body).toEqual({ status: 'ready', url: expect.stringMatching(/^http:\/\/localhost\/download\//) as unknown });
    const { url } = ready.body as { url: string };
    const response = await server.request('GET', url, undefined, { 'x-api-key': '' });
    expect(response.headers.get('content-type')).toBe('application/json');
    const at = Date.parse('2026-01-01T00:00:00Z') * 1000;
    const place = { pid: 1, tid: 1 };
    expect(await response.json()).toEqual({
      displayTimeUnit: 'ms',
      otherData: { session_id: sessionId },
      traceEvents: [
        { ...place, name: 'process_name', ph: 'M', args: { name: modelId } },
        { ...place, name: 'create_model waits', cat: 'queue', ph: 'b', id: expect.any(String) as unknown, ts: at },
        { ...place, name: 'create_model waits', cat: 'queue', ph: 'e', id: expect.any(String) as unknown, ts: at },
        { ...place, name: 'create_model', cat: 'execution', ph: 'X', ts: at, dur: 0, args: { seq_id: null, request_id: expect.any(String) as unknown, outcome: 'done' } },
        { ...place, name: 'forward_backward waits', cat: 'queue', ph: 'b', id: passing, ts: at },
        { ...place, name: 'forward_backward waits', cat: 'queue', ph: 'e', id: passing, ts: at },
        { ...place, name: 'forward_backward', cat: 'execution', ph: 'X', ts: at, dur: 50_000, args: { seq_id: '1', request_id: passing, outcome: 'done' } },
        { ...place, name: 'optim_step waits', cat: 'queue', ph: 'b', id: stepping, ts: at + 20_000 },
        { ...place, name: 'optim_step waits', cat: 'queue', ph: 'e', id: stepping, ts: at + 50_000 },
        { ...place, name: 'optim_step', cat: 'execution', ph: 'X', ts: at + 50_000, dur: 0, args: { seq_id: '2', request_id: stepping, outcome: 'done' } },
      ],
    });
    server.clock.advance(3_601_000);
    expect((await server.request('GET', url)).status).toBe(403);
  });

  it('is made anew when it is asked for again', async () => {
    const { sessionId } = await server.openModel();
    const ready = async (): Promise<unknown> => (await get(`sessions/${sessionId}/trace_export`)).body;
    expect(await ready()).not.toEqual(await ready());
  });

  it('is pending when writing it takes longer than a request is held', async () => {
    const { sessionId } = await server.openModel();
    const building = jest.spyOn(server.api.files, 'get').mockResolvedValueOnce(undefined);
    expect((await get(`sessions/${sessionId}/trace_export`)).body).toEqual({ status: 'pending' });
    expect((await get(`sessions/${sessionId}/trace_export`)).body).toMatchObject({ status: 'ready' });
    // The client that asks again gets the export that it waits for, not a new one.
    const [first, second] = building.mock.calls.map(([key]) => key);
    expect(first).toBe(second);
  });

  it('fails when it cannot be written', async () => {
    const { sessionId } = await server.openModel();
    const downloads = join(server.api.options.dataDir, 'downloads');
    await rm(downloads, { recursive: true });
    const ask = async (): Promise<unknown> => (await get(`sessions/${sessionId}/trace_export`)).body;
    expect(await ask()).toEqual({ status: 'failed', error: expect.stringContaining('The trace cannot be written: ENOENT') as unknown });
    await mkdir(downloads);
    expect(await ask()).toMatchObject({ status: 'ready' });
  });

  it('is not there for a session that is not', async () => {
    expect(await get('sessions/none/trace_export')).toEqual({ status: 404, body: { detail: 'Session not found: none.' } });
  });
});

describe('TraceLog', () => {
  it('keeps the latest 20,000 operations', () => {
    const log = new TraceLog();
    for (let index = 0; index < 20_002; index += 1) {
      const times = { acceptedAt: index, startedAt: index, finishedAt: index };
      log.add({ sessionId: 's', on: 'm', kind: 'optim_step', seqId: index, requestId: String(index), outcome: 'done', ...times });
    }
    const kept = log.ofSession('s');
    expect([kept.length, kept[0]?.requestId, kept.at(-1)?.requestId, log.ofSession('t')]).toEqual([20_000, '2', '20001', []]);
  });
});
