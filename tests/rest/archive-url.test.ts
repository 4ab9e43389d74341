import { describe, expect, it } from '@jest/globals';
import { rejection } from '../support/clients.js';
import { scriptedRest } from '../support/rest.js';
import { json } from '../support/scripted-server.js';
import { settle } from '../support/simulated.js';

const archive = 'training_runs/r/checkpoints/weights/a/archive';
const sampler = 'training_runs/r/checkpoints/sampler_weights/a/archive';
const bare = 'training_runs/r/checkpoints/a/archive';
const url = 'https://store.test/archive?signature=secret';
const served = 'Mon, 13 Jul 2026 00:00:00 GMT';

function redirect(headers: Readonly<Record<string, string>> = {}, body: string | null = null): () => Response {
  return () => new Response(body, { status: 302, headers: { location: url, date: served, ...headers } });
}

describe('getCheckpointArchiveUrl', () => {
  it('reads a redirect, and does not follow it', async () => {
    const { rest, server, asked } = scriptedRest();
    server.next(archive, redirect({ expires: 'Mon, 13 Jul 2026 02:00:00 GMT' }));
    expect(await rest.getCheckpointArchiveUrl('r', 'weights/a')).toEqual({ url, expires: new Date(Date.UTC(2026, 6, 13, 2)) });
    expect(asked()).toEqual([`GET /api/v1/${archive}`]);
  });

  it.each([{}, { expires: 'soon' }])('reads a redirect with %j as good for a quarter of an hour', async (headers) => {
    const { rest, server } = scriptedRest();
    server.next(archive, redirect(headers));
    expect((await rest.getCheckpointArchiveUrlFromTinkerPath('tinker://r/weights/a')).expires).toEqual(new Date(Date.UTC(2026, 6, 13, 0, 15)));
  });

  it('reads a JSON answer, whose end is a date or a Unix number', async () => {
    const { rest, server } = scriptedRest();
    server.next(archive, () => json({ url, expires: '2026-07-13T02:00:00' })).next(archive, () => json({ url, expires: Date.UTC(2026, 6, 13) / 1000 }));
    expect(await rest.getCheckpointArchiveUrl('r', 'weights/a')).toEqual({ url, expires: new Date(Date.UTC(2026, 6, 13, 2)) });
    expect(await rest.getCheckpointArchiveUrl('r', 'weights/a')).toEqual({ url, expires: new Date(Date.UTC(2026, 6, 13)) });
  });

  it('takes its own clock where the server does not tell the time', async () => {
    const { rest, server } = scriptedRest();
    server.next(archive, () => json({ url }));
    expect((await rest.getCheckpointArchiveUrl('r', 'weights/a')).expires).toEqual(new Date(900_000));
  });

  it('completes an address that is relative to the server', async () => {
    const { rest, server } = scriptedRest();
    server.next(archive, redirect({ location: '/store/x' }));
    expect((await rest.getCheckpointArchiveUrl('r', 'weights/a')).url).toBe('http://scripted.test/store/x');
  });

  it.each(['ftp://store.test/x?signature=secret', 'http://[bad?signature=secret'])('refuses the address %s without showing it', async (location) => {
    const { rest, server } = scriptedRest();
    server.next(archive, redirect({ location }));
    const error = await rejection(rest.getCheckpointArchiveUrl('r', 'weights/a'));
    expect(error).toMatchObject({ kind: 'malformedResponse', message: expect.stringContaining('The server gives no usable address for the archive') });
    expect(String(error)).not.toContain('secret');
  });

  it('asks again after an answer that cannot be read', async () => {
    const { rest, server, settled } = scriptedRest();
    server.next(archive, () => new Response('cut o')).next(archive, redirect());
    expect((await settled(rest.getCheckpointArchiveUrl('r', 'weights/a'))).url).toBe(url);
  });

  it('refuses a redirect to nowhere', async () => {
    const { rest, server } = scriptedRest();
    server.next(archive, () => new Response(null, { status: 302 }));
    expect(await rejection(rest.getCheckpointArchiveUrl('r', 'weights/a'))).toMatchObject({ kind: 'http', status: 302 });
  });

  it('waits half a minute and asks again while the archive is being built', async () => {
    const { rest, server, environment } = scriptedRest();
    server.times(2, archive, () => json({ detail: 'building' }, 503)).next(archive, redirect());
    const given = rest.getCheckpointArchiveUrl('r', 'weights/a');
    for (const [ms, asked] of [[29_999, 1], [1, 2], [30_000, 3]] as const) {
      await settle();
      environment.clock.increment(ms);
      await settle();
      expect(server.to(archive)).toHaveLength(asked);
    }
    expect((await given).url).toBe(url);
  });

  it('asks again as soon as the server says', async () => {
    const { rest, server, environment } = scriptedRest();
    server.next(archive, () => json({ detail: 'building' }, 503, { 'retry-after': '2' })).next(archive, redirect());
    const given = rest.getCheckpointArchiveUrl('r', 'weights/a');
    for (const [ms, asked] of [[1_999, 1], [1, 2]] as const) {
      await settle();
      environment.clock.increment(ms);
      await settle();
      expect(server.to(archive)).toHaveLength(asked);
    }
    expect((await given).url).toBe(url);
  });

  it('waits a quarter of an hour at most', async () => {
    const { rest, server, settled } = scriptedRest();
    server.times(100, archive, () => json({}, 503));
    expect(await rejection(settled(rest.getCheckpointArchiveUrl('r', 'weights/a')))).toMatchObject({
      kind: 'timeout',
      retriable: true,
      elapsedMs: 900_000,
      message: 'getCheckpointArchiveUrl: the server is still building the archive after 900000 ms (31 attempts). Ask again later',
    });
    expect(server.to(archive)).toHaveLength(31);
  });

  it('waits as long as it is told', async () => {
    const { rest, server, settled } = scriptedRest();
    server.times(100, archive, () => json({}, 503)).next(archive, redirect());
    expect((await settled(rest.getCheckpointArchiveUrl('r', 'weights/a', { timeoutMs: 3_600_000 }))).url).toBe(url);
    server.times(100, archive, () => json({}, 503));
    expect(await rejection(settled(rest.getCheckpointArchiveUrl('r', 'weights/a', { timeoutMs: 45_000 })))).toMatchObject({ kind: 'timeout' });
  });

  it.each([405, 404])('asks for a sampler checkpoint by its bare name after a %i', async (status) => {
    const { rest, server, asked } = scriptedRest();
    server.next(sampler, () => json({ detail: 'Method Not Allowed' }, status)).next(bare, redirect());
    expect((await rest.getCheckpointArchiveUrl('r', 'sampler_weights/a')).url).toBe(url);
    expect(asked()).toEqual([`GET /api/v1/${sampler}`, `GET /api/v1/${bare}`]);
  });

  it.each([
    ['the first answer, which understood the whole id', 404, 404, 'Checkpoint not found'],
    ['the second answer, of the only endpoint', 405, 404, 'by name'],
    ['the second answer, when it says more', 404, 403, 'by name'],
  ])('rejects with %s', async (_, first, second, detail) => {
    const { rest, server } = scriptedRest();
    server.next(sampler, () => json({ detail: 'Checkpoint not found' }, first)).next(bare, () => json({ detail: 'by name' }, second));
    expect(await rejection(rest.getCheckpointArchiveUrlFromTinkerPath('tinker://r/a'))).toMatchObject({
      kind: 'http',
      message: expect.stringContaining(detail),
    });
  });

  it('asks once for a training checkpoint, and once after any other refusal', async () => {
    const { rest, server, asked } = scriptedRest();
    server.next(archive, () => json({ detail: 'no' }, 404)).next(sampler, () => json({ detail: 'no' }, 403));
    expect(await rejection(rest.getCheckpointArchiveUrl('r', 'weights/a'))).toMatchObject({ status: 404 });
    expect(await rejection(rest.getCheckpointArchiveUrl('r', 'sampler_weights/a'))).toMatchObject({ status: 403 });
    expect(asked()).toEqual([`GET /api/v1/${archive}`, `GET /api/v1/${sampler}`]);
  });
});
