import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openTestApi, stepRequest, type TestApi } from '../../support/local-api.js';
import { settle } from '../../support/manual-clock.js';

const heartbeat = '/api/v1/session_heartbeat';
const minute = 60_000;

let server: TestApi;
beforeEach(async () => {
  server = await openTestApi();
});
afterEach(async () => {
  await server.close();
});

describe('SessionRegistry', () => {
  it('keeps a session that sends heartbeats', async () => {
    const { sessionId } = await server.openModel();
    for (let round = 0; round < 3; round += 1) {
      server.clock.advance(4 * minute);
      expect((await server.post(heartbeat, { session_id: sessionId })).status).toBe(200);
    }
  });

  it('takes work for a sign of life', async () => {
    const { sessionId, modelId } = await server.openModel();
    server.clock.advance(4 * minute);
    await server.submit('/api/v1/optim_step', stepRequest(modelId, 1));
    server.clock.advance(4 * minute);
    expect((await server.post(heartbeat, { session_id: sessionId })).status).toBe(200);
  });

  it('does not know other sessions', async () => {
    expect(await server.post(heartbeat, { session_id: 'none' })).toEqual({
      status: 404,
      body: { detail: 'Session not found: none. Create a new session.' },
    });
  });

  it('ends a silent session, unloads its models and fails what they had to do', async () => {
    const { sessionId, modelId } = await server.openModel();
    const waiting = await server.submit('/api/v1/optim_step', stepRequest(modelId, 2));
    await settle();
    server.clock.advance(29_000);
    server.clock.advance(6 * minute);
    expect(await server.post(heartbeat, { session_id: sessionId })).toEqual({
      status: 404,
      body: { detail: expect.stringMatching(/^Session .* ended at 2026-.*: no heartbeat came for 300 s\. Create a new session\.$/) as unknown },
    });
    await server.poll(waiting);
    const after = await server.submit('/api/v1/optim_step', stepRequest(modelId, 5));
    expect((await server.poll(after)).body).toEqual({
      error:
        `Model ${modelId} is not loaded: its session ended because no heartbeat came any more. ` +
        'Go on from a checkpoint with createTrainingClientFromStateWithOptimizer(path).',
      category: 'user',
    });
    expect(await server.post('/api/v1/get_info', { model_id: modelId })).toEqual({
      status: 404,
      body: { detail: expect.stringContaining('its session ended because no heartbeat came any more. Go on from a checkpoint') as unknown },
    });
    await server.api.close();
    expect(server.engine.calls).toContain(`unloadModel ${modelId}`);
    expect(server.log.join()).toContain(`session ${sessionId} has ended`);
  });

  it('keeps sessions over a restart, with a full timeout for their next heartbeat', async () => {
    const { sessionId } = await server.openModel();
    server.clock.advance(4 * minute);
    server = await server.crash();
    server.clock.advance(4 * minute);
    expect((await server.post(heartbeat, { session_id: sessionId })).status).toBe(200);
  });

  it('keeps an ended session ended over a restart', async () => {
    const { sessionId } = await server.openModel();
    server.clock.advance(6 * minute);
    await server.api.close();
    server = await server.crash();
    expect((await server.post(heartbeat, { session_id: sessionId })).status).toBe(404);
  });
});
