import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { openPage } from './support/browser.js';
import { afterwards, beginRun, useServer } from './support/run.js';

const server = useServer();

/** A page of somebody else on this machine; gone after the test. */
async function attacker(): Promise<string> {
  const host = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>attacker</title><link rel="icon" href="data:,">'));
  host.listen(0, '127.0.0.1');
  await once(host, 'listening');
  afterwards(() => {
    host.close();
    host.closeAllConnections();
  });
  const address = host.address();
  return `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}/`;
}

/** What a page gets that fetches, subscribes to, frames or embeds another address. */
const tries = (origin: string, token: string) => `(async () => {
  const outcome = (promise) => promise.then((text) => 'read: ' + text, () => 'refused');
  const fetched = (path, init) => outcome(fetch(${JSON.stringify(origin)} + path, init).then(async (response) => response.status + await response.text()));
  const json = { 'content-type': 'application/json', authorization: 'Bearer ${token}' };
  const body = JSON.stringify({ service: 'any', client: 'any', action: 'pause' });
  const stream = new Promise((resolve) => {
    const source = new EventSource(${JSON.stringify(origin)} + '/api/stream');
    source.addEventListener('hello', () => resolve('read'));
    source.addEventListener('error', () => { source.close(); resolve('refused'); });
  });
  const opaque = await fetch(${JSON.stringify(origin)} + '/api/snapshot', { mode: 'no-cors' }).then((response) => response.type + (response.status === 0 ? ' without content' : ''), () => 'refused');
  return {
    snapshot: await fetched('/api/snapshot'),
    page: await fetched('/'),
    stream: await stream,
    opaque,
    control: await fetched('/api/control', { method: 'POST', headers: json, body }),
    simpleControl: await fetched('/api/control', { method: 'POST', body }),
  };
})()`;

describe('a page of another origin', () => {
  it('can neither read nor control, even with the token', async () => {
    const { inspector, training } = await beginRun(server(), { inspector: { control: true } });
    const { origin, hash } = new URL(inspector.url);
    const page = await openPage(await attacker(), { expected: [/./] });
    const outcomes = await page.evaluate<Record<string, string>>(tries(origin, hash.replace('#token=', '')));
    expect(outcomes).toEqual({
      snapshot: 'refused',
      page: 'refused',
      stream: 'refused',
      opaque: expect.stringMatching(/^(opaque without content|refused)$/),
      control: 'refused',
      simpleControl: 'refused',
    });
    expect(training.getSnapshot().paused).toBe(false);
  });

  it('cannot frame it', async () => {
    const { inspector } = await beginRun(server());
    const page = await openPage(await attacker(), { expected: [/./] });
    await page.evaluate(
      `new Promise((resolve) => { const frame = document.createElement('iframe'); frame.src = ${JSON.stringify(inspector.url)}; frame.addEventListener('load', () => resolve(null)); document.body.append(frame); })`,
    );
    const framed = page.frames().find((frame) => frame !== page.mainFrame());
    expect(await framed?.locator('[data-testid="connection"]').count()).toBe(0);
  });

  it('is not answered under another name that leads here', async () => {
    const { inspector } = await beginRun(server());
    const { port, hostname, origin } = new URL(inspector.url);
    for (const path of ['/', '/api/snapshot', '/api/stream']) {
      const status = await new Promise((resolve) => {
        const asked = request({ hostname, port, path, headers: { host: `attacker.test:${port}` } }, (response) => {
          resolve(response.statusCode);
          response.destroy();
        });
        asked.end();
      });
      expect(status).toBe(403);
    }
    const page = await openPage(origin.replace('127.0.0.1', 'localhost'));
    await page.locator('[data-testid="connection"][data-state="live"]').waitFor();
  });
});
