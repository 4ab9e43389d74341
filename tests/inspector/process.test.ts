import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ask, eventsOf } from './event-stream.js';
import { madeService } from './made.js';

const entry = new URL('../../dist/inspector/index.js', import.meta.url).href;

/** A program that watches, and ends when it is told to: by then nothing but the inspector could keep it. */
const program = `
import { startInspector } from ${JSON.stringify(entry)};
const { url, inspect } = await startInspector({ port: 0, log: (line) => process.stdout.write(line + '\\n') });
const sink = inspect.watch({ id: 'one', snapshot: () => ({}), control: async () => 'done' });
process.stdin.once('data', async () => {
  sink.write([${JSON.stringify(madeService)}]);
  process.stdin.destroy();
  if (process.argv.at(-1) === 'closes') await sink.end();
});
`;

function run(...args: string[]) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, '--', ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const url = once(child.stdout.setEncoding('utf8'), 'data').then(([line]) => /http:\/\/\S+/.exec(String(line))?.[0] ?? 'no url');
  return { child, ended, url };
}

describe('a program with an inspector', () => {
  it('ends although a page is open', async () => {
    const { child, ended, url } = run();
    const next = eventsOf(await ask(`${await url}/api/stream`));
    expect((await next())?.event).toBe('hello');
    child.stdin.write('end\n');
    await ended;
    expect(child.exitCode).toBe(0);
  });

  it('shows its last states when it closes its service before', async () => {
    const { child, ended, url } = run('closes');
    const next = eventsOf(await ask(`${await url}/api/stream`));
    await next();
    child.stdin.write('end\n');
    expect(await next()).toMatchObject({ event: 'records', data: [madeService] });
    await ended;
    expect(child.exitCode).toBe(0);
  });
});
