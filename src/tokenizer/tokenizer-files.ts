import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../api/failure.js';
import type { Clock } from '../machines/environment.js';
import type { TokenizerLocation } from './tokenizer-source.js';
import { isRecord } from '../types/check.js';
import { messageOf, TinkerError } from '../types/errors.js';
import { within } from '../calls/wait.js';

/** How tokenizer files are read. */
export interface TokenizerReading {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  /** Most bytes of one file. */
  readonly maxBytes: number;
  /** Milliseconds for both files together. */
  readonly deadlineMs: number;
}

/** The two files of a tokenizer, parsed. */
export interface TokenizerFiles {
  readonly tokenizer: object;
  /** Empty when there is none. */
  readonly config: Readonly<Record<string, unknown>>;
}

const instead = 'pass the directory that holds its tokenizer.json as the source';

/** @throws TinkerError naming what was looked for, where, and what to do */
export async function readTokenizerFiles(location: TokenizerLocation, reading: TokenizerReading): Promise<TokenizerFiles> {
  const stop = new AbortController();
  const both =
    location.kind === 'directory'
      ? Promise.all([
          readLocal(location.name, 'tokenizer.json', reading.maxBytes),
          readLocal(location.name, 'tokenizer_config.json', reading.maxBytes),
        ])
      : Promise.all([
          download(location, location.tokenizerUrl, reading, stop.signal),
          download(location, location.configUrl, reading, stop.signal),
        ]);
  const { clock, deadlineMs } = reading;
  const late = () =>
    new TinkerError('timeout', `${location.name} was not read within ${deadlineMs} ms. Try again, or ${instead}`, {
      operation: 'loadTokenizer',
      elapsedMs: deadlineMs,
      retriable: true,
    });
  try {
    const [tokenizer, config] = await within(both, { timeoutMs: deadlineMs }, clock, { timeout: late, cancelled: late });
    if (tokenizer === undefined) throw missing(location);
    return { tokenizer: parsed(tokenizer, location.name), config: parsed(config ?? '{}', `tokenizer_config.json beside ${location.name}`) };
  } finally {
    // Whatever is still on its way has become useless.
    stop.abort();
  }
}

async function readLocal(directory: string, file: string, maxBytes: number): Promise<string | undefined> {
  const path = join(directory, file);
  try {
    const { size } = await stat(path);
    if (size > maxBytes) throw tooLarge(path, maxBytes);
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (thrown instanceof TinkerError) throw thrown;
    if (['ENOENT', 'ENOTDIR'].some((code) => code === errorCode(thrown))) return undefined;
    throw new TinkerError('validation', `source: ${path} cannot be read: ${messageOf(thrown)}`, { field: 'source', cause: thrown });
  }
}

async function download(
  location: TokenizerLocation & { readonly kind: 'remote' },
  url: string,
  { fetch, maxBytes }: TokenizerReading,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal, headers: location.token === undefined ? {} : { Authorization: `Bearer ${location.token}` } });
    if (response.status === 404) return undefined;
    if (!response.ok) throw refused(location, response.status);
    return await textOf(response, location.name, maxBytes);
  } catch (thrown) {
    if (thrown instanceof TinkerError) throw thrown;
    const why = errorCode(thrown) ?? 'no connection';
    throw new TinkerError('connection', `${location.name} cannot be reached (${why}). Offline? Then ${instead}`, { retriable: true });
  }
}

async function textOf(response: Response, name: string, maxBytes: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const piece of body ?? []) {
    size += piece.byteLength;
    if (size > maxBytes) throw tooLarge(name, maxBytes);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function missing({ kind, name, ...location }: TokenizerLocation): TinkerError {
  if (kind === 'directory') {
    return new TinkerError('validation', `source: there is no tokenizer.json in ${name}. ${sentence(instead)}, or a hub address such as org/name`, {
      field: 'source',
    });
  }
  const isHub = 'isHub' in location && location.isHub;
  const why = isHub
    ? 'Check the name and the revision; some repositories hold a tokenizer in Python code only. If you have it converted'
    : 'If you have it elsewhere';
  return new TinkerError('http', `There is no tokenizer at ${name}. ${why}, ${instead}`, { status: 404 });
}

function refused({ name, isHub, token }: TokenizerLocation & { readonly kind: 'remote' }, status: number): TinkerError {
  const details = { status, retriable: status === 429 || status >= 500 };
  if (!isHub || (status !== 401 && status !== 403)) {
    return new TinkerError('http', `${name}: answered ${status}. Try again later, or ${instead}`, details);
  }
  const advice =
    token === undefined
      ? 'pass the token option or set HF_TOKEN'
      : "check that the token may read it, and accept the model's terms on its page";
  return new TinkerError('http', `${name}: the hub answered ${status}: it is private, gated, or not there. ${sentence(advice)}, or ${instead}`, details);
}

function tooLarge(name: string, maxBytes: number): TinkerError {
  return new TinkerError('malformedResponse', `${name} is larger than ${maxBytes} bytes. Is it a tokenizer? If so, raise the maxBytes option`);
}

function parsed(text: string, name: string): Readonly<Record<string, unknown>> {
  const unusable = (why: string) => new TinkerError('malformedResponse', `${name} is not usable: ${why}. Get it anew, or ${instead}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unusable('it is not JSON');
  }
  if (!isRecord(value)) throw unusable('it is not a JSON object');
  return value;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
