import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { RecordingFiles } from '../../src/inspection/recording-files.js';
import { RecordingWriter } from '../../src/inspection/recording-writer.js';
import { linesOf, morning, record } from '../support/inspection/few-records.js';
import { MemoryDisk } from '../support/inspection/memory-disk.js';
import { ManualClock, settle } from '../support/manual-clock.js';

const said = jest.spyOn(console, 'error').mockImplementation(() => undefined);
afterEach(() => void said.mockClear());

function made(maxBytes = 1_000_000) {
  const disk = new MemoryDisk();
  const clock = new ManualClock(morning);
  const closed: string[] = [];
  const writer = new RecordingWriter('run', new RecordingFiles({ file: 'run', maxBytes, maxFiles: 3 }, disk), clock, () => closed.push('run'));
  const pass = async (ms: number) => {
    clock.advance(ms);
    await settle();
  };
  return { disk, clock, closed, writer, pass, writes: () => disk.asked.filter((what) => what === 'write').length };
}

const header = (service: string, at = morning) => ({ tinkerjs: 'recording', version: 1, service, at });
const ended = (key: string) => record.operation({ key, endedAt: morning });
const many = (count: number, name = 'op') => Array.from({ length: count }, (_, index) => ended(`${name}-${index}`));

describe('a recording', () => {
  it('writes nothing for a tenth of a second, then everything at once', async () => {
    const { disk, writer, pass, writes } = made();
    const sink = writer.join('s1');
    sink.write([record.error()]);
    sink.write([record.notice()]);
    await pass(99);
    expect(disk.texts()).toEqual({});
    await pass(1);
    expect(linesOf(disk.textOf('run'))).toEqual([header('s1', morning + 100), record.error(), record.notice()]);
    const before = writes();
    sink.write([record.error({ key: '2' }), record.error({ key: '3' })]);
    await pass(100);
    expect(writes()).toBe(before + 1);
  });

  it('keeps no timer while there is nothing to write', async () => {
    const { clock, writer, pass } = made();
    const sink = writer.join('s1');
    sink.write([]);
    expect(clock.pending).toBe(0);
    sink.write([record.error()]);
    expect(clock.pending).toBe(1);
    await pass(100);
    expect(clock.pending).toBe(0);
  });

  it('begins every file with what has not ended, as it is then', async () => {
    const { disk, writer, pass } = made(1_500);
    const sink = writer.join('s1');
    sink.write([record.service(), record.operation({ key: 'open' }), ended('over')]);
    await pass(100);
    sink.write([record.error({ message: 'x'.repeat(500) })]);
    await pass(100);
    expect(linesOf(disk.textOf('run.1'))).toContainEqual(ended('over'));
    expect(linesOf(disk.textOf('run'))).toEqual([
      header('s1', morning + 200),
      record.service(),
      record.operation({ key: 'open' }),
      record.error({ message: 'x'.repeat(500) }),
    ]);
  });

  it('writes many records a few hundred at a time', async () => {
    const { disk, writer, pass, writes } = made();
    writer.join('s1').write(many(1_001));
    await pass(100);
    expect(linesOf(disk.textOf('run'))).toHaveLength(1_002);
    expect(writes()).toBe(4);
  });

  it('leaves what comes while it writes to the next tenth of a second', async () => {
    const { disk, clock, writer, pass } = made();
    const sink = writer.join('s1');
    disk.stall();
    sink.write([record.error()]);
    await pass(100);
    sink.write([record.error({ key: '2' })]);
    expect(clock.pending).toBe(0);
    disk.release();
    await settle();
    expect(linesOf(disk.textOf('run'))).toHaveLength(2);
    await pass(100);
    expect(linesOf(disk.textOf('run'))).toHaveLength(3);
  });

  it('leaves ended operations out while the disk is too slow, and says how many', async () => {
    const { disk, writer, pass } = made(10_000_000);
    const sink = writer.join('s1');
    disk.stall();
    sink.write([record.service()]);
    await pass(100);
    sink.write([record.checkpoint(), ...many(10_000)]);
    disk.release();
    await settle();
    await pass(100);
    const lines = linesOf(disk.textOf('run'));
    const text = 'The recording left out 1001 records so far: the disk could not keep up.';
    expect(lines.at(-1)).toEqual({ type: 'notice', service: 's1', key: 'recording', at: morning + 200, level: 'warning', text });
    expect(lines).toContainEqual(record.checkpoint());
    expect(lines.filter((line) => JSON.stringify(line).includes('"operation"'))).toHaveLength(8_999);
    expect(said).not.toHaveBeenCalled();
  });
});

describe('a recording that cannot be written', () => {
  it('is said once, and tried again ever more rarely', async () => {
    const { disk, writer, pass } = made();
    const sink = writer.join('s1');
    disk.fail('mkdir', 'EACCES', 1_000);
    sink.write([record.service()]);
    await pass(100);
    const attempts = () => disk.asked.length;
    expect(attempts()).toBe(1);
    for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
      const before = attempts();
      await pass(seconds * 1_000 - 1);
      expect(attempts()).toBe(before);
      await pass(1);
      expect(attempts()).toBe(before + 1);
    }
    expect(said.mock.calls).toEqual([
      [
        'tinkerjs: the recording run cannot be written: EACCES: the disk says no. The program goes on, and writing is tried again; ' +
          'make room or allow writing there, or name another file as inspect.file.',
      ],
    ]);
  });

  it('goes on where it was when the disk has room again', async () => {
    const { disk, writer, pass } = made();
    const sink = writer.join('s1');
    sink.write([record.service()]);
    await pass(100);
    disk.room = disk.files.get('run')?.bytes.length ?? 0;
    sink.write([record.operation(), record.error()]);
    await pass(100);
    sink.write([ended('op-1')]);
    disk.room = 1_000_000;
    await pass(1_000);
    expect(linesOf(disk.textOf('run')).slice(1)).toEqual([record.service(), record.service(), record.error(), ended('op-1')]);
    sink.write([record.error({ key: '2' })]);
    await pass(100);
    expect(linesOf(disk.textOf('run')).at(-1)).toEqual(record.error({ key: '2' }));
  });

  it('is given up when its last service ends', async () => {
    const { disk, clock, closed, writer, pass } = made();
    const sink = writer.join('s1');
    disk.fail('open', 'EROFS', 1_000);
    sink.write([record.service()]);
    await pass(100);
    await sink.end();
    expect([clock.pending, closed, disk.openHandles]).toEqual([0, ['run'], 0]);
  });

  it('is said to be incomplete where closing fails', async () => {
    const { disk, writer } = made();
    const sink = writer.join('s1');
    sink.write([record.service()]);
    disk.fail('close', 'EIO');
    await sink.end();
    expect(said.mock.calls).toEqual([[expect.stringContaining('EIO: the disk says no')]]);
  });
});

describe('services of a recording', () => {
  it('are written to the end when they end, and the last one closes the file', async () => {
    const { disk, clock, closed, writer } = made();
    const [first, second] = [writer.join('s1'), writer.join('s2')];
    first.write([record.service()]);
    await first.end();
    expect(linesOf(disk.textOf('run'))).toEqual([header('s1'), record.service(), record.service()]);
    expect([closed, disk.openHandles]).toEqual([[], 1]);
    second.write([record.service({ service: 's2' })]);
    await second.end();
    expect(linesOf(disk.textOf('run')).at(-1)).toEqual(record.service({ service: 's2' }));
    expect([closed, disk.openHandles, clock.pending]).toEqual([['run'], 0, 0]);
  });

  it('are not in files that begin after their end', async () => {
    const { disk, writer, pass } = made(1_000);
    const [first, second] = [writer.join('s1'), writer.join('s2')];
    first.write([record.service()]);
    await first.end();
    second.write([record.service({ service: 's2' }), record.error({ service: 's2', message: 'x'.repeat(900) })]);
    await pass(100);
    expect(linesOf(disk.textOf('run')).map((line) => JSON.stringify(line)).filter((line) => line.includes('"s1"'))).toEqual([]);
    expect(linesOf(disk.textOf('run'))[0]).toEqual(header('s2', morning + 100));
  });

  it('lose nothing when they end while something is written', async () => {
    const { disk, writer, pass } = made();
    const sink = writer.join('s1');
    disk.stall();
    sink.write([record.error()]);
    await pass(100);
    sink.write([record.error({ key: 'last' })]);
    const done = sink.end();
    disk.release();
    await done;
    expect(linesOf(disk.textOf('run')).at(-1)).toEqual(record.error({ key: 'last' }));
    expect(disk.openHandles).toBe(0);
  });

  it('write nothing after their end, which comes once', async () => {
    const { disk, clock, closed, writer } = made();
    const sink = writer.join('s1');
    sink.write([record.error()]);
    await Promise.all([sink.end(), sink.end()]);
    sink.write([record.error({ key: 'late' })]);
    expect(clock.pending).toBe(0);
    expect(closed).toEqual(['run']);
    expect(disk.textOf('run')).not.toContain('late');
  });

  it('make no file where they have nothing to say', async () => {
    const { disk, writer } = made();
    await writer.join('s1').end();
    expect(disk.texts()).toEqual({});
  });
});
