import { describe, expect, it } from '@jest/globals';
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { InspectionRecord } from '../../src/inspection/records.js';
import { recordTo } from '../../src/inspection/recording.js';
import { openRecording } from '../../src/inspector/index.js';
import { madeRecords } from '../support/inspection/made-records.js';
import { temporaryFolder } from '../support/temporary.js';
import { untyped } from '../support/untyped.js';
import { madeService, metricsRecord, sampleRecord, samples, watchedService } from './made.js';
import { header, recordingFiles, recordingText } from './recording-files.js';

async function readAll(file: string) {
  const recording = await openRecording(file);
  const records: InspectionRecord[] = [];
  const batches: number[] = [];
  const progress: number[] = [];
  for await (const batch of recording.read((bytes) => progress.push(bytes))) {
    records.push(...batch);
    batches.push(batch.length);
  }
  return { recording, records, batches, progress };
}

describe('a recording', () => {
  it('is read back as it was recorded', async () => {
    const records = madeRecords({ operations: 300, closed: true });
    const file = join(await temporaryFolder(), 'run.jsonl');
    const sink = recordTo({ file }).watch(watchedService('service-1'));
    sink.write(records);
    await sink.end();
    const read = await readAll(file);
    expect(new Set(read.records.map((record) => JSON.stringify(record)))).toEqual(new Set(records.map((record) => JSON.stringify(record))));
    expect(read.recording.damage).toEqual([]);
  });

  it('is read in batches, and says how far it is', async () => {
    const file = await recordingFiles({ 'run.jsonl': recordingText(samples(2500)) });
    const { recording, records, batches, progress } = await readAll(file);
    expect(records).toEqual(samples(2500));
    expect(batches).toEqual([1000, 1000, 500]);
    expect(progress.at(-1)).toBe(recording.bytes);
    expect(progress).toEqual([...progress].sort((one, other) => one - other));
  });

  it('is read from its oldest file on', async () => {
    const file = await recordingFiles({
      'run.jsonl': recordingText([sampleRecord(3)]),
      'run.jsonl.1': recordingText([sampleRecord(2)]),
      'run.jsonl.2': recordingText([sampleRecord(1)]),
      'run.jsonl.10': recordingText([sampleRecord(0)]),
      'run.jsonl.bak': 'something else',
      'run.jsonl.01': 'something else',
      'xrun.jsonl.1': 'something else',
    });
    const { recording, records } = await readAll(file);
    expect(records.map(({ key }) => key)).toEqual(['op-0', 'op-1', 'op-2', 'op-3']);
    expect(recording.files).toEqual([`${file}.10`, `${file}.2`, `${file}.1`, file]);
    expect(recording.name).toBe('run.jsonl');
  });

  it('is opened from an older file, too', async () => {
    const file = await recordingFiles({ 'run.jsonl': recordingText([sampleRecord(3)]), 'run.jsonl.1': recordingText([sampleRecord(2)]) });
    expect((await readAll(`${file}.1`)).records.map(({ key }) => key)).toEqual(['op-2']);
  });

  it('may end in a torn line', async () => {
    const file = await recordingFiles({ 'run.jsonl': recordingText(samples(3)) });
    await appendFile(file, JSON.stringify(sampleRecord(3)).slice(0, 100));
    const { recording, records } = await readAll(file);
    expect(records).toEqual(samples(3));
    expect(recording.damage).toEqual(['The last line of run.jsonl is torn: the program ended while it was written.']);
  });

  it('may end without a line end', async () => {
    const file = await recordingFiles({ 'run.jsonl': recordingText(samples(3)).trimEnd() });
    const { recording, records } = await readAll(file);
    expect([records.length, recording.damage]).toEqual([3, []]);
  });

  it('says which lines are damaged, and skips them', async () => {
    const lines = recordingText(samples(8)).trimEnd().split('\n');
    lines[2] = 'garbage';
    lines[4] = '{"type":"operation","service":"one"}';
    lines[5] = '';
    lines[7] = 'null';
    const file = await recordingFiles({ 'run.jsonl': `${lines.join('\n')}\n`, 'run.jsonl.1': recordingText([sampleRecord(9)]).replace('sample', '') });
    const { recording, records } = await readAll(file);
    expect(records.map(({ key }) => key)).toEqual(['op-9', 'op-0', 'op-2', 'op-5', 'op-7']);
    expect(recording.damage).toEqual(['4 lines of run.jsonl are damaged and were skipped: 3, 5, 6, ….']);
  });

  it('says of one damaged line which it is', async () => {
    const file = await recordingFiles({ 'run.jsonl': recordingText(samples(3)).replace('"status":"done"', '"status":"finished"') });
    const { recording, records } = await readAll(file);
    expect(records.map(({ key }) => key)).toEqual(['op-1', 'op-2']);
    expect(recording.damage).toEqual(['Line 2 of run.jsonl is damaged and was skipped.']);
  });

  it('goes on where a file was left empty', async () => {
    const file = await recordingFiles({ 'run.jsonl': '', 'run.jsonl.1': recordingText(samples(2)) });
    const { recording, records } = await readAll(file);
    expect([records.length, recording.damage]).toEqual([2, ['run.jsonl is empty.']]);
  });

  it.each([
    ['an empty file', '', /run\.jsonl is empty: nothing was recorded\.$/],
    ['another format', '{"name":"tinkerjs"}\n', /is not a recording of tinkerjs/],
    ['a text', 'hello\n', /is not a recording of tinkerjs/],
    ['records without a header', `${JSON.stringify(metricsRecord(1))}\n`, /is not a recording of tinkerjs/],
    ['one endless line', 'x'.repeat(100_000), /is not a recording of tinkerjs/],
    ['a newer version', recordingText([], { ...header, version: 2 }), /recorded by a newer tinkerjs \(format 2, this one reads up to 1\): update tinkerjs\.$/],
  ])('is refused for %s', async (_name, text, message) => {
    const file = await recordingFiles({ 'run.jsonl': text });
    await expect(openRecording(file)).rejects.toMatchObject({ kind: 'validation', field: 'file', message: expect.stringMatching(message) as unknown });
  });

  it('is refused where there is none', async () => {
    const file = await recordingFiles({});
    await expect(openRecording(file)).rejects.toMatchObject({ kind: 'validation', message: expect.stringContaining('ENOENT') as unknown });
    await expect(openRecording(dirname(file))).rejects.toMatchObject({ kind: 'validation', message: expect.stringContaining('is not a file') as unknown });
    await expect(openRecording('')).rejects.toMatchObject({ kind: 'validation' });
    await expect(openRecording(untyped('7'))).rejects.toMatchObject({ kind: 'validation' });
  });

  it('is not confused by a folder that is named like an older file', async () => {
    const file = await recordingFiles({ 'run.jsonl': recordingText([madeService]) });
    await mkdir(`${file}.1`);
    expect((await readAll(file)).records).toEqual([madeService]);
  });
});
