import { crc32 } from 'node:zlib';
import * as t from 'io-ts';
import * as E from 'fp-ts/lib/Either.js';
import { TinkerError } from '../types/errors.js';
import { JournalRecord, journalVersion, type HeaderRecord } from './records.js';

/** What a journal file holds. */
export interface ReadJournal {
  readonly header: HeaderRecord;
  /** What follows the header. */
  readonly records: readonly JournalRecord[];
  /** Bytes of a last line that was never written to its end. */
  readonly tornBytes: number;
}

/** What any version says of itself. */
const AnyHeader = t.type({ type: t.literal('header'), version: t.number });

/** A record as a line: JSON whose last field is the checksum of the rest. */
export function toLine(record: JournalRecord): string {
  const text = JSON.stringify(record, inJson);
  return `${text.slice(0, -1)},"crc":"${checksum(text)}"}\n`;
}

/**
 * Reads a journal. A last line that was not written to its end is left out: what it was about to say had no
 * consequences yet.
 * @throws TinkerError `journal` when it is damaged elsewhere, was written by a newer version, or holds nothing
 */
export function readLines(path: string, bytes: Uint8Array): ReadJournal {
  const text = new TextDecoder().decode(bytes);
  // What follows the last line break is empty, or torn.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  let tornBytes = Buffer.byteLength(text) - Buffer.byteLength(whole);
  const lines = whole.split('\n').slice(0, -1);
  const records: JournalRecord[] = [];
  for (const [index, line] of lines.entries()) {
    const record = toRecord(path, line);
    if (record !== undefined) records.push(record);
    else if (index > 0 && index === lines.length - 1 && tornBytes === 0) tornBytes = Buffer.byteLength(line) + 1;
    else throw damaged(path, index + 1, 'is damaged');
  }
  const [header, ...others] = records;
  if (header?.type !== 'header') throw damaged(path, 1, bytes.length === 0 ? 'is missing, the file is empty' : 'is not the header of a journal');
  return { header, records: others, tornBytes };
}

/** Undefined where the line is not what was written. */
function toRecord(path: string, line: string): JournalRecord | undefined {
  const at = line.lastIndexOf(',"crc":"');
  const text = `${line.slice(0, at)}}`;
  if (line.slice(at) !== `,"crc":"${checksum(text)}"}`) return undefined;
  const value: unknown = JSON.parse(text);
  refuseNewer(path, value);
  const decoded = JournalRecord.decode(value);
  return E.isRight(decoded) ? decoded.right : undefined;
}

function refuseNewer(path: string, value: unknown): void {
  if (!AnyHeader.is(value) || value.version <= journalVersion) return;
  throw new TinkerError(
    'journal',
    `${path} is a journal of version ${value.version}; this tinkerjs reads versions up to ${journalVersion}. Use the tinkerjs that wrote it, or a newer one.`,
  );
}

function damaged(path: string, line: number, how: string): TinkerError {
  return new TinkerError(
    'journal',
    `${path}: line ${line} ${how}. A journal that is damaged cannot say what the server was sent: ` +
      'restore from a checkpoint with createTrainingClientFromStateWithOptimizer, and keep the file for looking at.',
  );
}

/** Seeds may be larger than a number. */
function inJson(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
