import ky from 'ky';
import * as E from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { TinkerError } from '../types/errors.js';
import { errorCode, readRetryAfter } from './failure.js';

/** What is known about a file that is being downloaded; says whether a later answer is of the same file. */
export interface FileFacts {
  /** Bytes of the whole file; undefined when the server does not say. */
  readonly totalBytes: number | undefined;
  /** A strong entity tag; undefined when the server gives none. */
  readonly etag: string | undefined;
}

/** Bytes that are on their way. */
export interface Transfer {
  /** Bytes of the file before these. */
  readonly offset: number;
  readonly facts: FileFacts;
  /** Whether another transfer can go on where this one breaks: not so when what arrives is not the very bytes of the file. */
  readonly isResumable: boolean;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Why no bytes came: `expired` wants a new address, `transient` a pause, `stale` a start from the beginning. */
export interface TransferFailure {
  readonly kind: 'expired' | 'transient' | 'stale' | 'definite';
  readonly error: TinkerError;
  readonly retryAfterMs: number | undefined;
}

/** What a transfer goes on from. */
export interface TransferStart {
  /** Bytes that are there already. */
  readonly offset: number;
  readonly facts: FileFacts;
  readonly signal: AbortSignal;
}

// Storage services answer one of these when a signature has ended.
const expiredStatuses = new Set([400, 401, 403, 410]);
const transientStatuses = new Set([408, 425, 429]);

/**
 * Opens a download from a signed address. Nothing of ours goes there: no credential and no header. Neither
 * the address nor what a storage service answers gets into an error, for both hold signatures.
 */
export function openTransfer(
  fetch: typeof globalThis.fetch,
  url: string,
  start: TransferStart,
): TaskEither<TransferFailure, Transfer> {
  const client = ky.create({ retry: 0, timeout: false, throwHttpErrors: false, fetch });
  return async () => {
    try {
      const response = await client.get(url, { headers: headersFor(start), signal: start.signal });
      const transfer = readTransfer(response, start);
      if (E.isLeft(transfer)) await response.body?.cancel();
      return transfer;
    } catch (thrown) {
      return E.left(brokenOff(thrown));
    }
  };
}

/** A broken connection, in words that hold nothing of the request. */
export function brokenOff(thrown: unknown): TransferFailure {
  const code = errorCode(thrown) ?? 'the connection broke';
  return {
    kind: 'transient',
    error: new TinkerError('connection', `Downloading the archive failed (${code}). Is the server that stores it reachable?`, { retriable: true }),
    retryAfterMs: undefined,
  };
}

function headersFor({ offset, facts }: TransferStart): Record<string, string> {
  return {
    Accept: '*/*',
    // Offsets and sizes count the bytes of the file itself.
    'Accept-Encoding': 'identity',
    ...(offset === 0 ? {} : { Range: `bytes=${offset}-` }),
    ...(offset === 0 || facts.etag === undefined ? {} : { 'If-Range': facts.etag }),
  };
}

function readTransfer(response: Response, start: TransferStart): E.Either<TransferFailure, Transfer> {
  const { status, headers, body } = response;
  const etag = strongTag(headers.get('etag'));
  // Typed as what it is: an iterable of bytes in Node.
  const chunks: AsyncIterable<Uint8Array> = body ?? new ReadableStream<Uint8Array>({ start: (empty) => empty.close() });
  // An encoding is undone on the way, so that lengths and places are not those of what arrives.
  const encoded = (headers.get('content-encoding') ?? 'identity') !== 'identity';
  if (status === 200) {
    const length = headers.get('content-length');
    const totalBytes = encoded || length === null ? undefined : Number(length);
    return E.right({ offset: 0, facts: { totalBytes, etag: encoded ? undefined : etag }, isResumable: !encoded, chunks });
  }
  if (status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
    const totalBytes = range?.[2] === undefined || range[2] === '*' ? start.facts.totalBytes : Number(range[2]);
    const facts = { totalBytes, etag: etag ?? start.facts.etag };
    const fits = Number(range?.[1] ?? NaN) === start.offset && isSame(start.facts, facts) && !encoded;
    if (fits) return E.right({ offset: start.offset, facts, isResumable: true, chunks });
  }
  return E.left(failureOf(status, headers));
}

function isSame(known: FileFacts, said: FileFacts): boolean {
  return (known.totalBytes ?? said.totalBytes) === said.totalBytes && (known.etag ?? said.etag) === said.etag;
}

function strongTag(etag: string | null): string | undefined {
  return etag?.startsWith('"') === true ? etag : undefined;
}

function failureOf(status: number, headers: Headers): TransferFailure {
  const stale = status === 206 || status === 416;
  const transient = status >= 500 || transientStatuses.has(status);
  return {
    kind: expiredStatuses.has(status) ? 'expired' : stale ? 'stale' : transient ? 'transient' : 'definite',
    error: new TinkerError('http', `Downloading the archive failed: the server that stores it answered ${status}`, {
      status,
      retriable: transient,
    }),
    retryAfterMs: readRetryAfter(headers),
  };
}
