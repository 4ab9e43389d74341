import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as t from 'io-ts';
import { recordsVersion } from '../inspection/records.js';
import { messageOf, TinkerError } from '../types/errors.js';

/** The first line of a file of a recording. */
const Header = t.type({ tinkerjs: t.literal('recording'), version: t.number, service: t.string, at: t.number }, 'Header');
type Header = t.TypeOf<typeof Header>;

/** Whether it is the first line of a file of a recording, of whatever version. */
export function isHeader(value: unknown): value is Header {
  return Header.is(value);
}

/** What a line holds; undefined where it is no JSON. */
export function valueOf(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    return value;
  } catch {
    return undefined;
  }
}

/** A file of a recording. */
export interface Found {
  readonly path: string;
  readonly bytes: number;
}

/**
 * The files of a recording, the oldest first.
 * @throws TinkerError `validation` where there is none
 */
export async function filesOf(newest: string): Promise<readonly Found[]> {
  const sizes = await stat(newest).catch((thrown: unknown) => {
    throw refusal(`${newest} cannot be read: ${messageOf(thrown)}`);
  });
  if (!sizes.isFile()) throw refusal(`${newest} is not a file.`);
  const prefix = `${basename(newest)}.`;
  const entries = await readdir(dirname(newest), { withFileTypes: true });
  const numbers = entries
    .filter((entry) => entry.isFile() && entry.name.startsWith(prefix) && /^[1-9]\d{0,3}$/.test(entry.name.slice(prefix.length)))
    .map(({ name }) => Number(name.slice(prefix.length)))
    .sort((one, other) => other - one);
  const older = await Promise.all(
    numbers.map(async (number) => {
      const path = join(dirname(newest), `${prefix}${number}`);
      return { path, bytes: (await stat(path)).size };
    }),
  );
  return [...older, { path: newest, bytes: sizes.size }];
}

const longestHeader = 4096;

/**
 * Looks at the beginning of a file.
 * @throws TinkerError `validation` where it is none of a recording, or of a newer version
 */
export async function checkHeader(path: string): Promise<void> {
  const file = await open(path).catch((thrown: unknown) => {
    throw refusal(`${path} cannot be read: ${messageOf(thrown)}`);
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(longestHeader), 0, longestHeader, 0);
    const [line = ''] = buffer.toString('utf8', 0, bytesRead).split('\n', 1);
    const header = valueOf(line);
    if (!isHeader(header)) throw refusal(`${path} is not a recording of tinkerjs: it does not begin with its header.`);
    if (header.version > recordsVersion) {
      throw refusal(`${path} was recorded by a newer tinkerjs (format ${header.version}, this one reads up to ${recordsVersion}): update tinkerjs.`);
    }
  } finally {
    await file.close();
  }
}

/** What is wrong with a file. */
export function refusal(message: string): TinkerError {
  return new TinkerError('validation', message, { field: 'file' });
}
