import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** What the command prints and how it ends. */
async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [command, 'resume-check', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TINKER_API_KEY: '', TINKER_BASE_URL: '', ...env },
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status: child.exitCode, stdout, stderr };
}

let server: ServerProcess;
beforeAll(async () => {
  server = await startServerProcess();
});
afterAll(async () => {
  await server.close();
});

const ownOfConnections = new Set(['connection', 'content-length', 'host', 'keep-alive', 'transfer-encoding']);

/** A server in front of ours that never restores the optimizer; gives its address. */
async function forgetful(): Promise<{ readonly url: string; readonly close: () => void }> {
  const proxy = createServer((request, response) => {
    const pass = async () => {
      const sent = await buffer(request);
      const isLoad = request.url?.endsWith('/load_weights') === true;
      const body = isLoad ? Buffer.from(sent.toString().replace('"optimizer":true', '"optimizer":false')) : sent;
      const headers = Object.entries(request.headers).filter(([name]) => !ownOfConnections.has(name));
      const answer = await fetch(`${server.url}${String(request.url)}`, {
        method: request.method ?? 'GET',
        headers: headers.map(([name, value]): [string, string] => [name, String(value)]),
        ...(body.length === 0 ? {} : { body }),
      });
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' });
      response.end(Buffer.from(await answer.arrayBuffer()));
    };
    pass().catch(() => response.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? String(address?.port) : ''}`, close: () => void proxy.close() };
}

describe('tinkerjs resume-check', () => {
  it('shows that the optimizer state comes back at the local server', async () => {
    const { status, stdout, stderr } = await run(['--base-url', server.url, '--api-key', server.apiKey, '--learning-rate', '0.01']);
    expect([status, stderr.trimEnd().split('\n').at(-1)]).toEqual([0, '12/12 clean up']);
    expect(stdout).toMatch(/local\/tiny.*loss before.*loss after/);
    expect(stdout).toMatch(/resumed with optimizer .* 0 [^\d]* 0 /);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(
      /^The optimizer state came back: the step after a resume gives the very same numbers as without interruption, while a fresh optimizer is off by/,
    );
  });

  it('ends with 1 at a server that forgets it, and gives its numbers as JSON', async () => {
    const proxy = await forgetful();
    const env = { TINKER_BASE_URL: proxy.url, TINKER_API_KEY: server.apiKey };
    const { status, stdout } = await run(['--base-model', 'local/tiny', '--learning-rate', '0.01', '--json'], env);
    expect([status, JSON.parse(stdout)]).toEqual([1, expect.objectContaining({ verdict: 'weightsOnly', holds: false, baseModel: 'local/tiny', leftBehind: [] })]);
    proxy.close();
  });

  it.each([
    [['--base-url', 'nowhere'], 2, /Expected an address that begins with http/],
    [['--base-url', 'http://127.0.0.1:9'], 2, /^tinkerjs resume-check: TINKER_API_KEY: no API key is given/],
    [['--url', 'http://127.0.0.1:9', '--api-key', 'tml-key'], 1, /^tinkerjs resume-check: the server at http:\/\/127.0.0.1:9 does not answer. Check --base-url/],
    [['--steps', '1'], 2, /Expected a whole number from 2 to 1000/],
  ])('ends with a reason for %j', async (args, status, reason) => {
    const ended = await run(args);
    expect([ended.status, ended.stdout]).toEqual([status, '']);
    expect(ended.stderr).toMatch(reason);
  });
});
