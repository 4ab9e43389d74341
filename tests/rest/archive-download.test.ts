import { describe, expect, it } from '@jest/globals';
import { ArchiveDownload, type DownloadInput } from '../../src/rest/archive-download.js';
import type { Steps } from '../../src/calls/attended.js';
import { writeFully } from '../../src/rest/write-fully.js';
import { rejection } from '../support/clients.js';
import { simulatedEnvironment } from '../support/simulated.js';

/** A file in memory, of a system that writes three bytes at a time. */
function memoryFile() {
  let bytes = Buffer.alloc(0);
  const resized = (length: number) => Buffer.concat([bytes, Buffer.alloc(Math.max(0, length - bytes.length))]);
  return {
    text: () => bytes.toString(),
    write: (chunk: Uint8Array, offset: number, length: number, position: number) => {
      const bytesWritten = Math.min(length, 3);
      bytes = resized(position + bytesWritten);
      bytes.set(chunk.subarray(offset, offset + bytesWritten), position);
      return Promise.resolve({ bytesWritten });
    },
    truncate: (length: number) => {
      bytes = bytes.subarray(0, length);
      return Promise.resolve();
    },
  };
}

/** A download of the given answers, whose pauses pass at once. */
function downloaded(...answers: readonly (() => Response)[]) {
  return downloadedUpTo(undefined, ...answers);
}

/** The same with a limit. */
function downloadedUpTo(mostBytes: number | undefined, ...answers: readonly (() => Response)[]) {
  const file = memoryFile();
  const pauses: number[] = [];
  const told: (number | undefined)[][] = [];
  const steps: Steps = {
    signal: new AbortController().signal,
    pause: (ms) => {
      pauses.push(ms);
      return Promise.resolve();
    },
    unlessGivenUp: (step) => step,
  };
  const ranges: (string | null)[] = [];
  const signals: AbortSignal[] = [];
  let asked = 0;
  let signed = 0;
  const input: DownloadInput = {
    fetch: (address, init) => {
      asked += 1;
      const request = new Request(address, init);
      ranges.push(request.headers.get('range'));
      signals.push(request.signal);
      return Promise.resolve((answers[asked - 1] ?? (() => new Response(null, { status: 404 })))());
    },
    environment: simulatedEnvironment(),
    steps,
    sign: () => {
      signed += 1;
      return Promise.resolve({ url: `https://store.test/${signed}`, expires: new Date(0), validForMs: 1000 });
    },
    file,
    onProgress: (...progress) => told.push(progress),
    mostBytes,
  };
  return { outcome: new ArchiveDownload(input).run(), file, ranges, signals, pauses, told, counts: () => ({ asked, signed }) };
}

const sized = (text: string, length: number) => () => new Response(text, { headers: { 'content-length': String(length) } });

describe('ArchiveDownload', () => {
  it('writes the file and tells how far it is', async () => {
    const { outcome, file, told, counts } = downloaded(sized('hello', 5));
    expect(await outcome).toBe(5);
    expect([file.text(), told, counts()]).toEqual(['hello', [[5, 5]], { asked: 1, signed: 1 }]);
  });

  it('begins anew when more comes than was announced', async () => {
    const { outcome, file, pauses } = downloaded(sized('too long', 5), sized('hello', 5));
    expect(await outcome).toBe(5);
    expect([file.text(), pauses]).toEqual(['hello', [500]]);
  });

  it('goes on when less comes than was announced', async () => {
    const rest = () => new Response('lo', { status: 206, headers: { 'content-range': 'bytes 3-4/5' } });
    const { outcome, file } = downloaded(sized('hel', 5), rest);
    expect(await outcome).toBe(5);
    expect(file.text()).toBe('hello');
  });

  it('begins anew after a break where what arrives is not the file as it is', async () => {
    const broken = () => {
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(Buffer.from('hel')),
        pull: (controller) => controller.error(new Error('broken')),
      });
      return new Response(body, { headers: { 'content-encoding': 'gzip' } });
    };
    const { outcome, file, ranges } = downloaded(broken, () => new Response('hello', { headers: { 'content-encoding': 'gzip' } }));
    expect(await outcome).toBe(5);
    expect([file.text(), ranges]).toEqual(['hello', [null, null]]);
  });

  it('lets go of a connection that brings too much', async () => {
    const endless = () => {
      const body = new ReadableStream({ pull: (controller) => controller.enqueue(Buffer.from('hello')) });
      return new Response(body, { headers: { 'content-length': '7' } });
    };
    const { outcome, signals } = downloaded(endless, sized('hello', 5));
    await outcome;
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it('gives up what is longer than any checkpoint, and lets go of the connection', async () => {
    const { signals, file, outcome } = downloadedUpTo(5, () => new Response('123456'));
    expect(await rejection(outcome)).toMatchObject({ kind: 'malformedResponse', message: 'Downloading the archive was given up: it is longer than 5 bytes, which no checkpoint is' });
    expect([signals.map(({ aborted }) => aborted), file.text()]).toEqual([[true], '']);
  });

  it('rejects when the size never fits', async () => {
    const { outcome, counts } = downloaded(...Array.from({ length: 20 }, () => sized('hel', 5)));
    expect(await rejection(outcome)).toMatchObject({
      kind: 'connection',
      retriable: true,
      message: 'Downloading the archive failed: 3 bytes came where 5 were announced. Try again',
    });
    // The first brought new bytes.
    expect(counts()).toEqual({ asked: 9, signed: 1 });
  });

  it('pauses as long as the store asks for', async () => {
    const busy = () => new Response(null, { status: 429, headers: { 'retry-after': '7' } });
    const { outcome, pauses } = downloaded(busy, sized('hello', 5));
    await outcome;
    expect(pauses).toEqual([7000]);
  });

  it('pauses only before it has an address signed that has ended twice', async () => {
    const ended = () => new Response(null, { status: 403 });
    const { outcome, pauses, counts } = downloaded(ended, ended, ended, sized('hello', 5));
    await outcome;
    expect([pauses, counts()]).toEqual([[1000, 2000], { asked: 4, signed: 4 }]);
  });
});

describe('writeFully', () => {
  it('writes on until all of a chunk is written', async () => {
    const file = memoryFile();
    expect(await writeFully(file, Buffer.from('hello'), 1)).toBe(5);
    expect(file.text()).toBe('\u0000hello');
  });

  it('rejects with what the disk refuses', async () => {
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    expect(await rejection(writeFully({ write: () => Promise.reject(full) }, new Uint8Array(1), 0))).toBe(full);
  });
});
