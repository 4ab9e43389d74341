import { afterEach, describe, expect, it } from '@jest/globals';
import { startInspector, type Inspector } from '../../src/inspector/index.js';
import { TinkerError } from '../../src/types/errors.js';
import type { ControlCommand } from '../../src/inspection/watcher.js';
import { watchedService } from './made.js';

const open: Inspector[] = [];
afterEach(async () => {
  for (const inspector of open.splice(0)) await inspector.close();
});

async function started(control: boolean) {
  const lines: string[] = [];
  const inspector = await startInspector({ port: 0, control, log: (line) => lines.push(line) });
  open.push(inspector);
  const [address = '', token = ''] = inspector.url.split('/#token=');
  const asked: ControlCommand[] = [];
  const sink = inspector.inspect.watch(
    watchedService('one', (command) => {
      asked.push(command);
      if (command.client === 'broken') return Promise.reject(new TinkerError('validation', 'This client is not wedged.'));
      return Promise.resolve('The queue is paused.');
    }),
  );
  const post = async (body: string, headers: Readonly<Record<string, string>> = {}) => {
    const all = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers };
    const answer = await fetch(`${address}/api/control`, { method: 'POST', headers: all, body });
    const text = await answer.text();
    return { status: answer.status, text, reply: JSON.parse(text) as unknown };
  };
  return { inspector, lines, token, sink, asked, post, address };
}

const pause = JSON.stringify({ service: 'one', client: 'model-1', action: 'pause' });

describe('control from the page', () => {
  it('does what was asked for with the token of the address that was printed', async () => {
    const { lines, token, asked, post, inspector } = await started(true);
    expect(token).toMatch(/^[\w-]{32}$/);
    expect(lines).toEqual([`tinkerjs inspector: ${inspector.url}`]);
    expect(await post(pause)).toMatchObject({ status: 200, reply: { done: 'The queue is paused.' } });
    expect(asked).toEqual([{ action: 'pause', client: 'model-1' }]);
  });

  it('is off unless the program allows it', async () => {
    const { inspector, asked, post } = await started(false);
    expect(inspector.url).not.toContain('#');
    expect(await post(pause)).toMatchObject({ status: 403, reply: { error: expect.stringContaining('control: true') as unknown } });
    expect(asked).toEqual([]);
  });

  it.each(['', 'Bearer ', 'Bearer wrong', 'Basic TOKEN', 'TOKEN', 'Bearer TOKENx'])('refuses the authorization %j', async (authorization) => {
    const { token, asked, post } = await started(true);
    const { status, reply, text } = await post(pause, { authorization: authorization.replace('TOKEN', token) });
    expect([status, reply]).toEqual([401, { error: expect.stringContaining('open the page at') as unknown }]);
    expect(text).not.toContain(token);
    expect(asked).toEqual([]);
  });

  it('has another token at each start', async () => {
    const [one, other] = [await started(true), await started(true)];
    expect(one.token).not.toBe(other.token);
    expect(await one.post(pause, { authorization: `Bearer ${other.token}` })).toMatchObject({ status: 401 });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonish'])('refuses %s, which any web page can send', async (type) => {
    const { asked, post } = await started(true);
    expect(await post(pause, { 'content-type': type })).toMatchObject({ status: 415 });
    expect(asked).toEqual([]);
  });

  it.each(['', '{', '[]', '{"service":"one","client":"model-1","action":"close"}', '{"service":"one","action":"pause"}', '{"service":1,"client":"model-1","action":"pause"}'])(
    'refuses %j',
    async (body) => {
      const { asked, post } = await started(true);
      expect(await post(body)).toMatchObject({ status: 400, reply: { error: expect.stringContaining('Expected { service, client, action }') as unknown } });
      expect(asked).toEqual([]);
    },
  );

  it('refuses large bodies', async () => {
    const { asked, post } = await started(true);
    const large = JSON.stringify({ service: 'one', client: 'x'.repeat(5000), action: 'pause' });
    expect(await post(large)).toMatchObject({ status: 413 });
    expect(asked).toEqual([]);
  });

  it('says what the service says against it, without its insides', async () => {
    const { post } = await started(true);
    const { status, text } = await post(JSON.stringify({ service: 'one', client: 'broken', action: 'retry' }));
    expect([status, text]).toEqual([409, '{"error":"This client is not wedged."}']);
  });

  it('knows no service that is closed, or of another program', async () => {
    const { post, sink } = await started(true);
    expect(await post(pause.replace('one', 'two'))).toMatchObject({ status: 404 });
    await sink.end();
    expect(await post(pause)).toMatchObject({ status: 404, reply: { error: 'This service is closed, or none of this program.' } });
  });

  it('needs a POST', async () => {
    const { address, token } = await started(true);
    const answer = await fetch(`${address}/api/control`, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(404);
  });
});
