import { createReadStream } from 'node:fs';
import { basename, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { InspectionRecord } from '../inspection/records.js';
import { messageOf, TinkerError } from '../types/errors.js';
import { AnyRecord } from './record-codec.js';
import { checkHeader, filesOf, isHeader, refusal, valueOf } from './recording-files.js';

/** A recording on disk: `FILE`, and the older `FILE.1`, `FILE.2`, … that it was continued from. */
export interface Recording {
  /** Name of the newest file, without its folder. */
  readonly name: string;
  /** Paths of all files, the oldest first. */
  readonly files: readonly string[];
  /** Bytes of all files. */
  readonly bytes: number;
  /**
   * Reads all records, the oldest first, in batches; holds one batch at a time.
   * @param onProgress told of the bytes that were read so far
   * @throws TinkerError `validation` where a file is none of a recording, or of a newer version; `connection` where one
   * cannot be read
   */
  read(onProgress?: (bytes: number) => void): AsyncGenerator<readonly InspectionRecord[]>;
  /** What was damaged, in sentences; complete once everything was read. */
  readonly damage: readonly string[];
}

const mostOfBatch = 1000;

/**
 * Finds the files of a recording, and looks at the beginning of each.
 * @throws TinkerError `validation` where there is no such file, where it is empty, where it is none of a recording, or of
 * a newer version
 */
export async function openRecording(file: string): Promise<Recording> {
  if (typeof file !== 'string' || file === '') throw new TinkerError('validation', 'file: expected the path of a recording', { field: 'file' });
  const found = await filesOf(resolve(file));
  const damage: string[] = [];
  for (const [place, { path, bytes }] of found.entries()) {
    if (bytes > 0) await checkHeader(path);
    else if (place === found.length - 1 && found.length === 1) throw refusal(`${path} is empty: nothing was recorded.`);
    else damage.push(`${basename(path)} is empty.`);
  }
  return {
    name: basename(file),
    files: found.map(({ path }) => path),
    bytes: found.reduce((sum, { bytes }) => sum + bytes, 0),
    damage,
    read: (onProgress) => readAll(found.map(({ path }) => path), damage, onProgress ?? (() => undefined)),
  };
}

async function* readAll(
  files: readonly string[],
  damage: string[],
  onProgress: (bytes: number) => void,
): AsyncGenerator<readonly InspectionRecord[]> {
  let before = 0;
  for (const path of files) {
    const stream = createReadStream(path);
    const bad: number[] = [];
    let batch: InspectionRecord[] = [];
    let number = 0;
    let last = '';
    try {
      for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
        number += 1;
        last = line;
        const read = valueOf(line);
        if (AnyRecord.is(read)) batch.push(read);
        else if (!isHeader(read)) bad.push(number);
        if (batch.length < mostOfBatch) continue;
        yield batch;
        onProgress(before + stream.bytesRead);
        batch = [];
      }
    } catch (thrown) {
      throw new TinkerError('connection', `${path} cannot be read: ${messageOf(thrown)}`, { cause: thrown });
    } finally {
      stream.destroy();
    }
    if (batch.length > 0) yield batch;
    before += stream.bytesRead;
    onProgress(before);
    // What does not even parse, at the very end, is a line that was being written.
    const isTorn = bad.at(-1) === number && valueOf(last) === undefined;
    if (isTorn) damage.push(`The last line of ${basename(path)} is torn: the program ended while it was written.`);
    const others = isTorn ? bad.slice(0, -1) : bad;
    if (others.length > 0) damage.push(skipped(basename(path), others));
  }
}

function skipped(name: string, lines: readonly number[]): string {
  const which = `${lines.slice(0, 3).join(', ')}${lines.length > 3 ? ', …' : ''}`;
  return lines.length === 1 ? `Line ${which} of ${name} is damaged and was skipped.` : `${lines.length} lines of ${name} are damaged and were skipped: ${which}.`;
}
