import { describe, expect, it } from '@jest/globals';
import { TinkerError } from '../../src/index.js';
import { rejection, scriptedTraining } from '../support/clients.js';
import { broken, json, type ScriptedServer } from '../support/scripted-server.js';
import { advanceUntil } from '../support/simulated.js';

/** What a plain call, or an operation, rejects with when the server is scripted so; waits pass in simulated time. */
async function failure(call: 'getInfo' | 'optimStep', script: (server: ScriptedServer) => void): Promise<TinkerError> {
  const { server, service, training, environment } = await scriptedTraining({ requestDeadlineMs: 5_000 });
  script(server);
  try {
    const thrown = await advanceUntil(environment, rejection(call === 'getInfo' ? training.getInfo() : training.optimStep()), { stepMs: 5_000 });
    if (!(thrown instanceof TinkerError)) throw new TypeError('expected a TinkerError');
    return thrown;
  } finally {
    await service.close();
  }
}

const always = (endpoint: string, status: number) => (server: ScriptedServer) => {
  server.times(2_000, endpoint, () => json({ detail: 'the words of the server' }, status));
};

describe('exceptions', () => {
  it('TinkerError', async () => {
    expect((await failure('getInfo', always('get_info', 403))).name).toBe('TinkerError');
  });

  it('APIError: the message has the words of the server', async () => {
    expect((await failure('getInfo', always('get_info', 403))).message).toContain('the words of the server');
  });

  it('APIResponseValidationError', async () => {
    const error = await failure('getInfo', (server) => server.times(100, 'get_info', () => json({ model_id: 7 })));
    expect(error).toMatchObject({ kind: 'malformedResponse' });
  });

  it('APIStatusError', async () => {
    expect(await failure('getInfo', always('get_info', 418))).toMatchObject({ kind: 'http', status: 418 });
  });

  it('BadRequestError', async () => {
    expect(await failure('getInfo', always('get_info', 400))).toMatchObject({ kind: 'http', status: 400 });
  });

  it('AuthenticationError', async () => {
    expect(await failure('getInfo', always('get_info', 401))).toMatchObject({ kind: 'http', status: 401 });
  });

  it('PermissionDeniedError', async () => {
    expect(await failure('getInfo', always('get_info', 403))).toMatchObject({ kind: 'http', status: 403 });
  });

  it('NotFoundError', async () => {
    expect(await failure('getInfo', always('get_info', 404))).toMatchObject({ kind: 'http', status: 404 });
  });

  it('ConflictError', async () => {
    expect(await failure('getInfo', always('get_info', 409))).toMatchObject({ kind: 'http', status: 409 });
  });

  it('UnprocessableEntityError', async () => {
    expect(await failure('getInfo', always('get_info', 422))).toMatchObject({ kind: 'http', status: 422 });
  });

  it('RateLimitError', async () => {
    expect(await failure('getInfo', always('get_info', 429))).toMatchObject({ kind: 'http', status: 429, retriable: true });
  });

  it('InternalServerError', async () => {
    expect(await failure('getInfo', always('get_info', 500))).toMatchObject({ kind: 'http', status: 500, retriable: true });
  });

  it('APIConnectionError', async () => {
    const error = await failure('getInfo', (server) => server.times(100, 'get_info', () => broken()));
    expect(error).toMatchObject({ kind: 'connection', retriable: true });
  });

  it('APITimeoutError', async () => {
    const error = await failure('getInfo', (server) => server.times(100, 'get_info', () => new Promise(() => undefined)));
    expect(error).toMatchObject({ kind: 'timeout' });
  });

  it('RequestFailedError', async () => {
    const error = await failure('optimStep', (server) => {
      server.next('retrieve_future', () => json({ error: 'diverged', category: 'user' }));
    });
    expect(error).toMatchObject({ kind: 'requestFailed', category: 'user', requestId: 'r2' });
  });

  it('RetryableException', async () => {
    expect(await failure('optimStep', always('retrieve_future', 410))).toMatchObject({ kind: 'promiseExpired', status: 410 });
  });

  it('ValueError', async () => {
    const { server, service, training } = await scriptedTraining();
    expect(await rejection(training.optimStep({ learningRate: Number.NaN }))).toMatchObject({ kind: 'validation', field: expect.stringContaining('learningRate') });
    expect(server.to('optim_step')).toEqual([]);
    await service.close();
  });

  it('402', async () => {
    expect(await failure('getInfo', always('get_info', 402))).toMatchObject({ kind: 'billing', status: 402 });
  });
});
