import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { linesOf, record } from '../support/inspection/few-records.js';
import { contentsOf, temporaryFolder } from '../support/temporary.js';

let modules = '';
beforeAll(async () => {
  modules = await mkdtemp(join(tmpdir(), 'tinkerjs-test-'));
  await build({ entryPoints: ['src/inspection/recording.ts'], outfile: join(modules, 'recording.mjs'), bundle: true, platform: 'node', format: 'esm' });
});
afterAll(() => rm(modules, { recursive: true, force: true }));

/** Runs a program that has a `sink` to the file; gives its exit code and what it says. */
async function run(name: string, file: string, program: string): Promise<{ readonly code: unknown; readonly said: string }> {
  const path = join(modules, `${name}.mjs`);
  const begin = `import { existsSync, readFileSync } from 'node:fs'; import { recordTo } from './recording.mjs';
    const error = ${JSON.stringify(record.error())};
    const sink = recordTo({ file: ${JSON.stringify(file)}, maxFiles: 20 }).watch({ id: '${name}' });`;
  await writeFile(path, `${begin}\n${program}`);
  const child = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [[code], ...said] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code, said: said.join('') };
}

const untilWritten = (file: string) =>
  `while (!existsSync(${JSON.stringify(file)}) || !readFileSync(${JSON.stringify(file)}, 'utf8').includes('"type"')) await new Promise((resolve) => setTimeout(resolve, 5));`;

describe('processes that record', () => {
  it('end although their recording is open, and without a warning', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'run.jsonl');
    expect(await run('open', file, `sink.write([error]); ${untilWritten(file)}`)).toEqual({ code: 0, said: '' });
    expect(linesOf((await contentsOf(folder))['run.jsonl'] ?? '')).toMatchObject([{ tinkerjs: 'recording' }, record.error()]);
  });

  it('are not kept alive by what is to be tried again for ever', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    const untilSaid = 'await new Promise((resolve) => { const { error: say } = console; console.error = (text) => { say(text); resolve(); }; });';
    const program = `sink.write([error]); const alive = setInterval(() => undefined, 60_000); ${untilSaid} clearInterval(alive);`;
    expect(await run('waiting', join(folder, 'file', 'run.jsonl'), program)).toEqual({ code: 0, said: expect.stringContaining('cannot be written') });
  });

  it('lose what was not written yet, and nothing else, when they are ended', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'run.jsonl');
    const program = `sink.write([error]); ${untilWritten(file)} sink.write([{ ...error, key: 'lost' }]); process.kill(process.pid, 'SIGKILL');`;
    expect(await run('killed', file, program)).toEqual({ code: null, said: '' });
    expect(linesOf((await contentsOf(folder))['run.jsonl'] ?? '')).toMatchObject([{ tinkerjs: 'recording' }, record.error()]);
  });

  it('never write to the same file at the same time, though they are given the same name', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'run.jsonl');
    const names = ['p1', 'p2', 'p3'];
    // All three have a file before any of them goes on.
    const program = (name: string) => `const errors = Array.from({ length: 1000 }, (_, index) => ({ ...error, service: '${name}', key: String(index) }));
      sink.write(errors.slice(0, 500)); ${untilWritten(`${file}.2`)} sink.write(errors.slice(500)); await sink.end();`;
    expect(await Promise.all(names.map((name) => run(name, file, program(name))))).toEqual(names.map(() => ({ code: 0, said: '' })));
    const files = Object.values(await contentsOf(folder)).map((content) => linesOf(content ?? ''));
    const services = files.map((lines) => [...new Set(lines.map((line) => (typeof line === 'object' && line !== null && 'service' in line ? line.service : undefined)))]);
    expect(services.flat().sort()).toEqual(names);
    expect(files.map((lines) => lines.length)).toEqual(names.map(() => 1_001));
  });
});
