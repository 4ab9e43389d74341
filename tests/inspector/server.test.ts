import { afterEach, describe, expect, it } from '@jest/globals';
import { startInspector, type Inspector, type InspectorOptions } from '../../src/inspector/index.js';
import { ask, eventsOf } from './event-stream.js';
import { madeService, sampleRecord, watchedService } from './made.js';

const open: Inspector[] = [];
afterEach(async () => {
  for (const inspector of open.splice(0)) await inspector.close();
});

async function started(options: InspectorOptions = {}): Promise<Inspector> {
  const inspector = await startInspector({ port: 0, log: () => undefined, ...options });
  open.push(inspector);
  return inspector;
}

describe('the inspector\'s server', () => {
  it('serves the page and nothing else of the disk', async () => {
    const { url } = await started();
    const page = await fetch(`${url}/`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await page.text()).toContain('tinkerjs inspector');
    expect((await fetch(`${url}/page.js`)).headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect((await fetch(`${url}/page.css`)).headers.get('content-type')).toBe('text/css; charset=utf-8');
    expect((await fetch(`${url}/favicon.ico`)).status).toBe(204);
    for (const path of ['/main.js', '/..%2f..%2fpackage.json', '/%2e%2e/package.json', '/api']) {
      const answer = await fetch(url + path);
      expect([path, answer.status, await answer.json()]).toEqual([path, 404, { error: 'There is nothing here.' }]);
    }
  });

  it.each(['/', '/page.js', '/api/snapshot', '/api/stream', '/nothing'])('lets nobody embed, keep or share %s', async (path) => {
    const { url } = await started();
    const { headers } = await ask(url + path);
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it.each(['127.0.0.1', 'localhost:9999', 'LOCALHOST', '[::1]:8472'])('answers under the name %s', async (host) => {
    const { url } = await started();
    expect((await ask(`${url}/api/snapshot`, { host })).statusCode).toBe(200);
  });

  it.each(['example.com', 'example.com:8472', 'localhost.example.com', '127.0.0.1.nip.io', '192.168.1.4:8472', '0.0.0.0'])(
    'refuses the name %s, which may be a web page\'s',
    async (host) => {
      const { url } = await started();
      for (const path of ['/', '/api/snapshot', '/api/stream']) expect((await ask(url + path, { host })).statusCode).toBe(403);
    },
  );

  it('refuses what comes from another page', async () => {
    const { url } = await started();
    expect((await ask(`${url}/api/snapshot`, { origin: 'http://127.0.0.1:1' })).statusCode).toBe(403);
    expect((await ask(`${url}/api/snapshot`, { origin: url })).statusCode).toBe(200);
  });

  it('streams hello, what is kept, and news', async () => {
    const { url, inspect } = await started();
    const sink = inspect.watch(watchedService('one'));
    sink.write([madeService, sampleRecord(1, 'open')]);
    const response = await ask(`${url}/api/stream`);
    expect(response.headers['content-type']).toBe('text/event-stream');
    const next = eventsOf(response);
    expect(await next()).toMatchObject({
      event: 'hello',
      data: { version: 1, source: 'live', control: false, dropped: { records: 0, operations: 0 } },
    });
    expect(await next()).toMatchObject({ event: 'records', data: [madeService, sampleRecord(1, 'open')] });
    sink.write([sampleRecord(1)]);
    expect(await next()).toMatchObject({ event: 'records', data: [sampleRecord(1)] });
  });

  it('tells a page that comes back only what it missed', async () => {
    const { url, inspect } = await started();
    const sink = inspect.watch(watchedService('one'));
    sink.write([madeService]);
    const first = await ask(`${url}/api/stream`);
    const next = eventsOf(first);
    await next();
    const seen = await next();
    first.destroy();
    sink.write([sampleRecord(1)]);
    const again = eventsOf(await ask(`${url}/api/stream`, { 'last-event-id': seen?.id ?? '' }));
    expect((await again())?.event).toBe('hello');
    expect(await again()).toMatchObject({ event: 'records', data: [sampleRecord(1)] });
    const byAddress = eventsOf(await ask(`${url}/api/stream?lastEventId=${seen?.id ?? ''}`));
    await byAddress();
    expect(await byAddress()).toMatchObject({ event: 'records', data: [sampleRecord(1)] });
  });

  it('begins anew for a page that met another inspector at this address', async () => {
    const [one, other] = [await started(), await started()];
    one.inspect.watch(watchedService('one')).write([madeService]);
    other.inspect.watch(watchedService('two')).write([sampleRecord(1)]);
    const next = eventsOf(await ask(`${one.url}/api/stream`));
    await next();
    const seen = await next();
    const again = eventsOf(await ask(`${other.url}/api/stream`, { 'last-event-id': seen?.id ?? '' }));
    await again();
    expect(await again()).toMatchObject({ event: 'records', data: [sampleRecord(1)] });
  });

  it('pictures the open services, and says of one why it cannot', async () => {
    const { url, inspect } = await started();
    const closing = inspect.watch(watchedService('closed'));
    inspect.watch(watchedService('one'));
    const broken = { ...watchedService('two'), snapshot: () => { throw new Error('no picture'); } };
    inspect.watch(broken);
    await closing.end();
    const answer = await fetch(`${url}/api/snapshot`);
    expect(await answer.json()).toEqual({
      services: { one: { service: { id: 'one' }, trainings: {}, samplings: {} }, two: { error: 'no picture' } },
    });
  });

  it('keeps what closed services told', async () => {
    const { url, inspect } = await started();
    const sink = inspect.watch(watchedService('one'));
    sink.write([{ ...madeService, closedAt: 3000 }]);
    await sink.end();
    inspect.watch(watchedService('two')).write([{ ...madeService, service: 'two' }]);
    const next = eventsOf(await ask(`${url}/api/stream`));
    await next();
    expect(await next()).toMatchObject({ data: [{ service: 'one', closedAt: 3000 }, { service: 'two' }] });
  });

  it('closes streams and port, once and for all; services go on', async () => {
    const inspector = await started();
    const { url, inspect } = inspector;
    const sink = inspect.watch(watchedService('one'));
    const next = eventsOf(await ask(`${url}/api/stream`));
    expect((await next())?.event).toBe('hello');
    await Promise.all([inspector.close(), inspector.close()]);
    expect(await next()).toBeUndefined();
    await expect(fetch(url)).rejects.toThrow();
    sink.write([madeService]);
    await sink.end();
    inspect.watch(watchedService('two')).write([madeService]);
    await inspector.close();
  });
});
