import { describe, expect, it } from '@jest/globals';
import { rejection } from '../support/clients.js';
import { scriptedRest } from '../support/rest.js';
import { advanceUntil, settle } from '../support/simulated.js';

const trace = 'sessions/S/trace_export';

describe('exportSessionTrace', () => {
  it('asks again after pauses that grow to 5 s, until the trace is there', async () => {
    const { rest, answers, environment, asked } = scriptedRest();
    const pauses = [500, 1_000, 2_000, 4_000, 5_000, 5_000];
    answers(trace, ...pauses.map(() => ({ status: 'pending' })), { status: 'ready', url: 'https://store.test/trace?sig=x' });
    const url = rest.exportSessionTrace('S');
    await settle();
    for (const [before, pauseMs] of pauses.entries()) {
      environment.clock.increment(pauseMs - 1);
      await settle();
      expect(asked()).toHaveLength(before + 1);
      environment.clock.increment(1);
      await settle();
    }
    expect(await url).toBe('https://store.test/trace?sig=x');
    expect(new Set(asked())).toEqual(new Set([`GET /api/v1/${trace}`]));
  });

  it.each([
    [{ status: 'failed', error: 'disk full' }, 'exportSessionTrace: disk full'],
    [{ status: 'failed' }, 'exportSessionTrace: the server gave no reason'],
  ])('rejects when the server says %j', async (answer, message) => {
    const { rest, answers } = scriptedRest();
    answers(trace, answer);
    expect(await rejection(rest.exportSessionTrace('S'))).toMatchObject({ kind: 'requestFailed', category: 'unknown', message });
  });

  it('rejects a trace that is ready nowhere', async () => {
    const { rest, answers } = scriptedRest();
    answers(trace, { status: 'ready' });
    expect(await rejection(rest.exportSessionTrace('S'))).toMatchObject({ kind: 'malformedResponse' });
  });

  it('waits an hour unless told otherwise', async () => {
    const { rest, server, environment } = scriptedRest();
    server.times(1000, trace, () => Response.json({ status: 'pending' }));
    const given = rejection(rest.exportSessionTrace('S'));
    expect(await advanceUntil(environment, given, { stepMs: 1_000 })).toMatchObject({ kind: 'timeout', elapsedMs: 3_600_000 });
    const asked = server.to(trace).length;
    environment.clock.increment(60_000);
    await settle();
    expect(server.to(trace)).toHaveLength(asked);
  });

  it('stops asking when its signal says so', async () => {
    const { rest, server, environment } = scriptedRest();
    server.times(9, trace, () => Response.json({ status: 'pending' }));
    const controller = new AbortController();
    const given = rejection(rest.exportSessionTrace('S', { signal: controller.signal }));
    await settle();
    controller.abort();
    expect(await given).toMatchObject({ kind: 'cancelled' });
    environment.clock.increment(60_000);
    await settle();
    expect(server.to(trace)).toHaveLength(1);
  });

  it('ends with the service', async () => {
    const { rest, service, server } = scriptedRest();
    server.times(9, trace, () => Response.json({ status: 'pending' }));
    const given = rejection(rest.exportSessionTrace('S'));
    await settle();
    await service.close();
    expect(await given).toMatchObject({ kind: 'cancelled', message: 'The ServiceClient is closed. Open a new one.' });
  });
});
