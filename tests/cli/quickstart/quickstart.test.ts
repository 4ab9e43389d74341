import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

// Node runs only the compiled form.
const main = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const timeoutMs = 60_000;

describe('tinkerjs quickstart', () => {
  let out = '';

  beforeEach(async () => {
    out = await mkdtemp(join(tmpdir(), 'quickstart-'));
  });

  afterEach(() => rm(out, { recursive: true, force: true, maxRetries: 5 }));

  function start(...args: string[]) {
    const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== 'TINKER_API_KEY'));
    const child = spawn(process.execPath, [main, 'quickstart', '--out', out, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment,
    });
    return { child, ended: once(child, 'close') };
  }

  it('resumes exactly after a crash, and not without the optimizer', async () => {
    const { child, ended } = start('--model', 'local/tiny', '--steps', '6', '--rank', '2', '--json');
    const [stdout, stderr] = await Promise.all([readAll(child.stdout), readAll(child.stderr), ended]);
    expect(stderr).toBe('');
    const document: unknown = JSON.parse(stdout);
    expect(document).toMatchObject({
      config: { server: 'local', baseModel: 'local/tiny', steps: 6, rank: 2, plan: { steps: 6, saveAfter: 3 } },
      verdict: {
        holds: true,
        interrupted: { firstDifference: null },
        resumed: { steps: 3, equal: 3, firstDifference: null, largestDifference: 0 },
        weightsOnly: { steps: 3, equal: 1, firstDifference: 5 },
      },
      files: { chart: join(out, 'loss.svg'), serverData: join(out, 'server-data') },
    });
    expect(child.exitCode).toBe(0);
    await expect(readFile(join(out, 'loss.svg'), 'utf8')).resolves.toContain('number for number (all 3 steps)');
  }, timeoutMs);

  it.each(['SIGINT', 'SIGKILL'] as const)('leaves no server behind when it is ended by %s', async (signal) => {
    const { child, ended } = start('--model', 'local/tiny', '--steps', '10000');
    let said = '';
    const port = await new Promise<number>((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        const found = /http:\/\/127\.0\.0\.1:(\d+), process/.exec(said)?.[1];
        if (found !== undefined) resolve(Number(found));
      });
    });
    const socket = connect(port, '127.0.0.1').on('error', () => undefined).resume();
    await once(socket, 'connect');
    // Not `once` from node:events, which gives up at a reset: that is an end like any other.
    const serverGone = new Promise((resolve) => socket.once('close', resolve));
    child.kill(signal);
    await ended;
    await serverGone;
    expect(child.signalCode).toBe(signal);
  }, timeoutMs);

  it.each([
    [['--steps', '5'], "error: option '--steps <count>' argument '5' is invalid. Expected a whole number from 6 to 10000."],
    [['--model', 'local/huge'], 'error: --model: the local server has no "local/huge".'],
    [['--url', 'http://127.0.0.1:9'], 'error: --url needs an API key: pass --api-key, or set TINKER_API_KEY.'],
    [['--api-key', 'abc'], 'error: --api-key belongs to the server at --url, and there is no --url.'],
  ])('refuses %j with exit code 2', async (args, message) => {
    const { child, ended } = start(...args);
    const [stdout, stderr] = await Promise.all([readAll(child.stdout), readAll(child.stderr), ended]);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(child.exitCode).toBe(2);
  }, timeoutMs);
});
