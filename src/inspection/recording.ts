import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isRecord } from '../types/check.js';
import { invalid, TinkerError } from '../types/errors.js';
import { realDisk, RecordingFiles, type RecordingLimits } from './recording-files.js';
import { realClock, RecordingWriter } from './recording-writer.js';
import type { Watcher } from './watcher.js';

/** Where a recording goes, and how much of it is kept. */
export interface RecordingOptions {
  /** Path of the newest file; its folder is created. Older files are named after it: `FILE.1`, `FILE.2`, … */
  readonly file: string;
  /** How large a file becomes before the next one begins: at least 1 MiB (1,048,576), default 64 MiB. */
  readonly maxBytes?: number | undefined;
  /** How many files are kept, the newest included: from 2 to 1,000, default 4. The oldest is removed. */
  readonly maxFiles?: number | undefined;
}

const mebibyte = 1_048_576;

/** The writers of this process by their files: services that record to the same file share one. */
const writers = new Map<string, RecordingWriter>();

/**
 * Records what services do to a file, to be looked at later with `tinkerjs inspect FILE`.
 *
 * The file has one JSON value a line: a header, then records. A recording never goes on in a file that exists: that one
 * becomes `FILE.1`, whoever wrote it. Each file begins with everything that has not ended, and can be opened alone.
 * Services of one process that record to the same file at the same time share it, with the limits of the first. Processes
 * do not share: each pushes the files of the others on, so give each a name of its own, such as `run-${process.pid}.jsonl`.
 *
 * Records are written every tenth of a second, beside the program. A process that ends without closing its service loses
 * the last tenth of a second at most. While the disk is slower than the program, the records of ended operations are left
 * out first, and a notice in the file says how many. Where the file cannot be written at all, the console says so once,
 * the program goes on, and writing is tried again, ever more rarely, at least once a minute.
 * @throws TinkerError `validation` where an option is unknown or out of its range, or the path is not that of a file
 */
export function recordTo(options: RecordingOptions): Watcher {
  const limits = checkedLimits(options);
  return {
    watch({ id }) {
      const writer = writers.get(limits.file) ?? newWriter(limits);
      return writer.join(id);
    },
  };
}

function newWriter(limits: RecordingLimits): RecordingWriter {
  const { file } = limits;
  const writer = new RecordingWriter(file, new RecordingFiles(limits, realDisk), realClock, () => writers.delete(file));
  writers.set(file, writer);
  return writer;
}

const names = ['file', 'maxBytes', 'maxFiles'];

function checkedLimits(options: RecordingOptions): RecordingLimits {
  if (!isRecord(options)) throw invalid('inspect', options, 'an object with the path of a file, such as { file: "run.jsonl" }');
  const strange = Object.keys(options).find((name) => !names.includes(name));
  if (strange !== undefined) {
    const field = `inspect.${strange}`;
    throw new TinkerError('validation', `${field}: there is no such option; the options are ${names.join(', ')}`, { field });
  }
  return {
    file: checkedFile(options.file),
    maxBytes: checkedNumber('maxBytes', options.maxBytes ?? 64 * mebibyte, mebibyte, Number.MAX_SAFE_INTEGER),
    maxFiles: checkedNumber('maxFiles', options.maxFiles ?? 4, 2, 1_000),
  };
}

function checkedFile(file: unknown): string {
  if (typeof file !== 'string' || file === '' || /[/\\]$|\0/.test(file)) throw invalid('inspect.file', file, 'the path of a file');
  const path = resolve(file);
  // Anything else than a file would be moved aside as if it were an older recording.
  if (isNoFile(path)) throw invalid('inspect.file', file, 'the path of a file, not of a folder or a device');
  return path;
}

function isNoFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === false;
  } catch {
    // It cannot be looked at now; whether it can be written shows later.
    return false;
  }
}

function checkedNumber(name: string, given: number, least: number, most: number): number {
  if (Number.isInteger(given) && given >= least && given <= most) return given;
  const allowed = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw invalid(`inspect.${name}`, given, `a whole number ${allowed}`);
}
