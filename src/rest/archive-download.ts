import * as E from 'fp-ts/lib/Either.js';
import type { SignedUrl } from '../api/archive.js';
import { brokenOff, openTransfer, type FileFacts, type Transfer, type TransferFailure } from '../api/archive-transfer.js';
import type { Steps } from '../calls/attended.js';
import { resendPauseMs } from '../machines/backoff.js';
import { archiveLimits } from './archive-entries.js';
import type { Environment } from '../machines/environment.js';
import { TinkerError } from '../types/errors.js';
import { writeFully, type OpenFile } from './write-fully.js';

/** What a download needs. */
export interface DownloadInput {
  readonly fetch: typeof globalThis.fetch;
  readonly environment: Environment;
  readonly steps: Steps;
  /** Has an address signed: at first, and whenever one has ended. */
  readonly sign: () => Promise<SignedUrl>;
  readonly file: OpenFile;
  /** Told how much is there, and how much there is to be where that is known. */
  readonly onProgress: (bytes: number, totalBytes: number | undefined) => void;
  /** Most bytes that are taken; default 1 TiB, more than any checkpoint has. */
  readonly mostBytes?: number | undefined;
}

const nothingKnown: FileFacts = { totalBytes: undefined, etag: undefined };
const mostFailures = 8;
const stallMs = 60_000;

/** Downloads one file over as many connections as it takes, each going on where the last one broke. */
export class ArchiveDownload {
  readonly #input: DownloadInput;
  #facts = nothingKnown;
  #offset = 0;
  #furthest = 0;
  /** Failures in a row that brought no new bytes. */
  #failures = 0;
  /** Whether the last address had ended as well. */
  #hadEnded = false;
  #signed: { readonly url: string; readonly until: number } | undefined;

  constructor(input: DownloadInput) {
    this.#input = input;
  }

  /**
   * Downloads until everything is there.
   * @returns bytes of the file
   * @throws TinkerError `connection` or `http` when attempts without new bytes are used up
   */
  async run(): Promise<number> {
    for (;;) {
      const failure = await this.#attempt(await this.#url());
      if (failure === undefined) return this.#finish();
      if (this.#offset > this.#furthest) this.#failures = 0;
      this.#furthest = Math.max(this.#furthest, this.#offset);
      this.#failures += 1;
      if (failure.kind === 'definite' || this.#failures > mostFailures) throw failure.error;
      await this.#prepareNext(failure);
    }
  }

  async #prepareNext({ kind, retryAfterMs }: TransferFailure): Promise<void> {
    const { environment, steps } = this.#input;
    if (kind === 'stale') {
      this.#offset = 0;
      this.#facts = nothingKnown;
    }
    const isOver = this.#signed !== undefined && environment.now() >= this.#signed.until;
    if (kind === 'expired' || isOver) this.#signed = undefined;
    const needsPause = kind !== 'expired' || this.#hadEnded;
    this.#hadEnded = kind === 'expired';
    // An address that has ended needs no pause, only a new one; unless that one ended as well.
    if (!needsPause) return;
    await steps.pause(resendPauseMs(this.#failures, environment.random(), retryAfterMs));
  }

  async #url(): Promise<string> {
    const { environment, sign } = this.#input;
    if (this.#signed === undefined) {
      const { url, validForMs } = await sign();
      this.#signed = { url, until: environment.now() + validForMs };
    }
    return this.#signed.url;
  }

  /** One connection; undefined when everything is there after it. */
  async #attempt(url: string): Promise<TransferFailure | undefined> {
    const { fetch, environment, steps } = this.#input;
    const connection = new AbortController();
    const watch = (): unknown => environment.clock.setTimeout(() => connection.abort(), stallMs);
    let timer = watch();
    const signal = AbortSignal.any([steps.signal, connection.signal]);
    try {
      const opened = await steps.unlessGivenUp(openTransfer(fetch, url, { offset: this.#offset, facts: this.#facts, signal })());
      if (E.isLeft(opened)) return opened.left;
      const failure = await this.#receive(opened.right, () => {
        environment.clock.clearTimeout(timer);
        timer = watch();
      });
      if (failure !== undefined && !opened.right.isResumable) this.#offset = 0;
      return failure;
    } finally {
      environment.clock.clearTimeout(timer);
      // What still comes is not wanted.
      connection.abort();
    }
  }

  async #receive({ offset, facts, chunks }: Transfer, onChunk: () => void): Promise<TransferFailure | undefined> {
    this.#offset = offset;
    this.#facts = facts;
    const { totalBytes } = facts;
    const { mostBytes = archiveLimits.bytes } = this.#input;
    const received = chunks[Symbol.asyncIterator]();
    for (;;) {
      const next = await nextOf(received);
      if (E.isLeft(next)) return next.left;
      if (next.right === undefined) break;
      onChunk();
      if (this.#offset + next.right.length > mostBytes) return tooLong(mostBytes);
      this.#offset += await writeFully(this.#input.file, next.right, this.#offset);
      this.#input.onProgress(this.#offset, totalBytes);
      if (totalBytes !== undefined && this.#offset > totalBytes) return wrongSize('stale', this.#offset, totalBytes);
    }
    return totalBytes === undefined || this.#offset === totalBytes ? undefined : wrongSize('transient', this.#offset, totalBytes);
  }

  async #finish(): Promise<number> {
    // A longer file may have been begun before.
    await this.#input.file.truncate(this.#offset);
    return this.#offset;
  }
}

async function nextOf(received: AsyncIterator<Uint8Array>): Promise<E.Either<TransferFailure, Uint8Array | undefined>> {
  try {
    const next = await received.next();
    return E.right(next.done === true ? undefined : next.value);
  } catch (thrown) {
    return E.left(brokenOff(thrown));
  }
}

function tooLong(mostBytes: number): TransferFailure {
  const error = new TinkerError('malformedResponse', `Downloading the archive was given up: it is longer than ${mostBytes} bytes, which no checkpoint is`);
  return { kind: 'definite', error, retryAfterMs: undefined };
}

function wrongSize(kind: TransferFailure['kind'], bytes: number, totalBytes: number): TransferFailure {
  return {
    kind,
    error: new TinkerError('connection', `Downloading the archive failed: ${bytes} bytes came where ${totalBytes} were announced. Try again`, {
      retriable: true,
    }),
    retryAfterMs: undefined,
  };
}
