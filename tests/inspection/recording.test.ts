import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { recordTo, type RecordingOptions } from '../../src/inspection/recording.js';
import { linesOf, record, watched } from '../support/inspection/few-records.js';
import { contentsOf, temporaryFolder } from '../support/temporary.js';
import { untyped } from '../support/untyped.js';

const said = jest.spyOn(console, 'error').mockImplementation(() => undefined);
afterEach(() => void said.mockClear());

async function contentOf(folder: string, file = 'run.jsonl'): Promise<unknown[]> {
  return linesOf((await contentsOf(folder))[file] ?? '');
}

describe('recordTo', () => {
  it('writes a header and one record a line', async () => {
    const folder = await temporaryFolder();
    const sink = recordTo({ file: join(folder, 'runs', 'run.jsonl') }).watch(watched());
    sink.write([record.chart(), record.operation({ reason: 'a\nline' })]);
    sink.write([record.error()]);
    await sink.end();
    const [header, ...rest] = await contentOf(folder, join('runs', 'run.jsonl'));
    expect(header).toEqual({ tinkerjs: 'recording', version: 1, service: 's1', at: expect.any(Number) });
    expect(rest.slice(-3)).toEqual([record.chart(), record.operation({ reason: 'a\nline' }), record.error()]);
  });

  it('dates its header by the wall clock', async () => {
    const folder = await temporaryFolder();
    const before = Date.now();
    const sink = recordTo({ file: join(folder, 'run.jsonl') }).watch(watched());
    sink.write([record.error()]);
    await sink.end();
    const [header] = await contentOf(folder);
    expect(header).toMatchObject({ at: expect.any(Number) });
    const { at } = untyped<{ at: number }>(JSON.stringify(header));
    expect(at >= before && at <= Date.now()).toBe(true);
  });

  it('moves the recording of another run on', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'run.jsonl'), 'of another run\n');
    const recording = recordTo({ file: join(folder, 'run.jsonl') });
    for (const id of ['s1', 's2']) {
      const sink = recording.watch(watched(id));
      sink.write([record.error({ service: id })]);
      await sink.end();
    }
    expect(await contentOf(folder)).toMatchObject([{ service: 's2' }, record.error({ service: 's2' })]);
    expect(await contentOf(folder, 'run.jsonl.1')).toMatchObject([{ service: 's1' }, record.error()]);
    expect((await contentsOf(folder))['run.jsonl.2']).toBe('of another run\n');
  });

  it('writes by itself, without being asked to end', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'run.jsonl');
    const sink = recordTo({ file }).watch(watched());
    sink.write([record.error()]);
    while (!(await readFile(file, 'utf8').catch(() => '')).includes('"error"')) await new Promise((resolve) => setImmediate(resolve));
    await sink.end();
    expect(await contentOf(folder)).toHaveLength(2);
  });

  it('shares a file among the services of a process, however its path is written', async () => {
    const folder = await temporaryFolder();
    const first = recordTo({ file: join(folder, 'run.jsonl') }).watch(watched('s1'));
    const second = recordTo({ file: relative(process.cwd(), join(folder, 'x', '..', 'run.jsonl')) }).watch(watched('s2'));
    first.write([record.error()]);
    second.write([record.error({ service: 's2' })]);
    await Promise.all([first.end(), second.end()]);
    expect(Object.keys(await contentsOf(folder))).toEqual(['run.jsonl']);
    expect((await contentOf(folder)).slice(1)).toEqual([record.error(), record.error({ service: 's2' })]);
  });

  it('begins a new file at the size it is given, and keeps as many as it is told', async () => {
    const folder = await temporaryFolder();
    const sink = recordTo({ file: join(folder, 'run.jsonl'), maxBytes: 1_048_576, maxFiles: 2 }).watch(watched());
    const long = (index: number) => record.error({ key: `${index}`, message: 'x'.repeat(400_000) });
    sink.write(Array.from({ length: 7 }, (_, index) => long(index)));
    await sink.end();
    expect(Object.keys(await contentsOf(folder)).sort()).toEqual(['run.jsonl', 'run.jsonl.1']);
    expect(await contentOf(folder)).toMatchObject([{ tinkerjs: 'recording' }, { key: '6' }]);
    expect(await contentOf(folder, 'run.jsonl.1')).toMatchObject([{ tinkerjs: 'recording' }, { key: '4' }, { key: '5' }]);
  });

  it('says once that a file cannot be written, and harms nobody', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    const sink = recordTo({ file: join(folder, 'file', 'run.jsonl') }).watch(watched());
    sink.write([record.error()]);
    await sink.end();
    expect(said.mock.calls).toEqual([[expect.stringMatching(/run\.jsonl cannot be written: E.*name another file as inspect\.file/)]]);
  });

  it.each<readonly [string, string, string]>([
    ['{ "file": "" }', 'inspect.file', 'got "", expected the path of a file'],
    ['{ "file": 7 }', 'inspect.file', 'got 7, expected the path of a file'],
    ['{ "file": "runs/" }', 'inspect.file', 'got "runs/", expected the path of a file'],
    ['{ "file": "a\\u0000b" }', 'inspect.file', 'expected the path of a file'],
    ['{ "file": "/dev/null" }', 'inspect.file', 'got "/dev/null", expected the path of a file, not of a folder or a device'],
    ['{}', 'inspect.file', 'got undefined, expected the path of a file'],
    ['{ "file": "x", "maxBytes": 1048575 }', 'inspect.maxBytes', 'got 1048575, expected a whole number of at least 1048576'],
    ['{ "file": "x", "maxBytes": 2000000.5 }', 'inspect.maxBytes', 'got 2000000.5, expected a whole number of at least 1048576'],
    ['{ "file": "x", "maxBytes": "2000000" }', 'inspect.maxBytes', 'got "2000000", expected a whole number of at least 1048576'],
    ['{ "file": "x", "maxFiles": 1 }', 'inspect.maxFiles', 'got 1, expected a whole number from 2 to 1000'],
    ['{ "file": "x", "maxFiles": 1001 }', 'inspect.maxFiles', 'got 1001, expected a whole number from 2 to 1000'],
    ['{ "file": "x", "maxSize": 1 }', 'inspect.maxSize', 'there is no such option; the options are file, maxBytes, maxFiles'],
    ['"run.jsonl"', 'inspect', 'expected an object with the path of a file'],
  ])('refuses %s', (options, field, message) => {
    const given = untyped<RecordingOptions>(options);
    expect(() => recordTo(given)).toThrow(expect.objectContaining({ kind: 'validation', field, message: expect.stringContaining(message) }));
  });

  it('refuses a folder', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'runs'));
    expect(() => recordTo({ file: join(folder, 'runs') })).toThrow(/^inspect\.file: got .*expected the path of a file, not of a folder/);
  });
});
