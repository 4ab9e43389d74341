import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLocalServer } from '../support/local-server.js';

const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tinkerjs-cli-'));
});
afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

/** Runs `tinkerjs serve`; with `until`, ends it by SIGTERM once that was printed. */
async function serve(args: readonly string[], until?: string, key?: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  // An empty variable counts as none.
  const env = { ...process.env, TINKER_API_KEY: key ?? '' };
  const child = spawn(process.execPath, [command, 'serve', '--data-dir', dataDir, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (until !== undefined && stdout.includes(until)) child.kill('SIGTERM');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  await once(child, 'close');
  return { code: child.exitCode, stdout, stderr };
}

describe('tinkerjs serve', () => {
  it('says in one line where it is and how to point a client at it', async () => {
    const { code, stdout, stderr } = await serve(['--port', '0'], 'TINKER_API_KEY');
    const key = (await readFile(join(dataDir, 'api-key'), 'utf8')).trim();
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(stdout)?.[0] ?? 'no url';
    expect(stdout).toBe(
      `tinkerjs serves ${url}, data in ${dataDir}. Point a client at it: TINKER_BASE_URL=${url} TINKER_API_KEY=${key}\n`,
    );
    expect([code, stderr]).toEqual([0, '']);
  });

  it('does not show a key that was given', async () => {
    const { stdout, stderr } = await serve(['--port', '0', '--verbose'], 'the one you gave', 'tml-my-own-secret');
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(stdout)?.[0] ?? 'no url';
    expect(stdout).toBe(
      `tinkerjs serves ${url}, data in ${dataDir}. Point a client at it: TINKER_BASE_URL=${url} (the key is the one you gave)\n`,
    );
    expect(stderr).toBe('');
  });

  it('prints an address to connect to when it listens on all of them', async () => {
    const { stdout } = await serve(['--port', '0', '--host', '0.0.0.0'], 'the one you gave', 'tml-for-every-address');
    expect(stdout).toMatch(
      /^tinkerjs serves (http:\/\/127\.0\.0\.1:\d+) and every other address of this machine, .* TINKER_BASE_URL=\1 \(the key is the one you gave\)/,
    );
  });

  it('does not listen for others without a key', async () => {
    const { code, stdout, stderr } = await serve(['--port', '0', '--host', '0.0.0.0'], undefined);
    expect([code, stdout, stderr]).toEqual([
      2,
      '',
      'tinkerjs serve: TINKER_API_KEY: none is given, and the server listens on 0.0.0.0, where others reach it. Give a key of your own, or listen on 127.0.0.1.\n',
    ]);
  });

  it('hands on the names under which it is to answer', async () => {
    const { code, stderr } = await serve(['--port', '0', '--allow-host', 'proxy.example', 'proxy.example:80']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('allowedHosts: got an array of 2, expected an array of host names without ports')]);
  });

  it('names the variable that holds a bad key', async () => {
    const { code, stderr } = await serve(['--port', '0'], undefined, 'my-secret');
    expect([code, stderr]).toEqual([
      2,
      'tinkerjs serve: TINKER_API_KEY: expected a key that starts with "tml-", followed by printable characters without spaces.\n',
    ]);
  });

  it('prints one line of JSON for programs, with the given key rather than the environment\'s', async () => {
    const { stdout } = await serve(['--port', '0', '--json', '--api-key', 'tml-given'], '}', 'tml-environment');
    expect(JSON.parse(stdout)).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as unknown,
      apiKey: 'tml-given',
      dataDir,
      pid: expect.any(Number) as unknown,
    });
  });

  it('exits with 1 when the port is in use', async () => {
    const occupant = createServer().listen(0, '127.0.0.1');
    await once(occupant, 'listening');
    const address = occupant.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { code, stdout, stderr } = await serve(['--port', String(port)]);
    occupant.close();
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`Port ${port ?? ''} on 127.0.0.1 is in use.`);
  });

  it.each([
    [['--port', '70000'], 'expected a whole number from 0 to 65535'],
    [['--port', '0', '--api-key', 'secret'], '--api-key: expected a key'],
    [['--nonsense'], 'unknown option'],
  ])('exits with 2 for %j', async (args, text) => {
    const { code, stderr } = await serve(args);
    expect(code).toBe(2);
    expect(stderr).toContain(text);
    expect(stderr).not.toContain('secret');
  });

  it('exits with 2 when another server has the data folder', async () => {
    await withLocalServer(async ({ pid }) => {
      const { code, stderr } = await serve(['--port', '0']);
      expect(code).toBe(2);
      expect(stderr).toContain(`${dataDir} is in use by another server (process ${pid})`);
    }, { dataDir });
  });

  it('stops on SIGINT, too, and lets the next server have the folder', async () => {
    await withLocalServer(async (server) => {
      expect(await server.kill('SIGINT')).toBe(0);
      await expect(readFile(join(dataDir, 'server.lock'))).rejects.toMatchObject({ code: 'ENOENT' });
    }, { dataDir });
  });

  it.each([
    [['--jwt', 'soon'], 'expected a whole number of seconds'],
    [['--jwt', '0'], 'jwtAuth.lifetimeSeconds: got 0, expected a whole number from 1 to 31536000'],
    [['--client-config', '{'], 'expected an object in JSON'],
    [['--client-config', '{"fwdbwdMaxChunkLen":"8"}'], 'clientConfig: ClientConfig: missing or of the wrong type: fwdbwdMaxChunkLen'],
  ])('refuses %j', async (args, text) => {
    const { code, stderr } = await serve(args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(text)]);
  });

  it('has clients exchange the key for a token, and tells them what it was told', async () => {
    const args = ['--jwt', '600', '--client-config', '{"fwdbwdMaxChunkLen":8}'];
    await withLocalServer(
      async ({ url, apiKey }) => {
        const post = async (path: string, key: string): Promise<unknown> => {
          const headers = { 'x-api-key': key, 'content-type': 'application/json' };
          return await (await fetch(`${url}/api/v1/${path}`, { method: 'POST', headers, body: '{"sdk_version":"0.25.0"}' })).json();
        };
        expect(await post('client/config', apiKey)).toMatchObject({ pjwt_auth_enabled: true, fwdbwd_max_chunk_len: 8 });
        expect(await post('auth/token', apiKey)).toEqual({ jwt: expect.stringMatching(/^eyJ/) as unknown });
        expect(await post('telemetry', apiKey)).toEqual({ detail: expect.stringContaining('takes tokens only') as unknown });
      },
      { args },
    );
  });
});
