import type { Disk, OpenFile } from '../../../src/inspection/recording-files.js';

interface Content {
  bytes: Buffer;
  nlink: number;
}

/** A disk in memory that can be full, slow, or write half of what it is given. */
export class MemoryDisk implements Disk {
  readonly files = new Map<string, Content>();
  /** What was asked of it, in order. */
  readonly asked: string[] = [];
  /** Codes of the failures to come, by what is asked: each is used once. */
  readonly failures: { readonly what: string; readonly code: string }[] = [];
  /** Bytes that there is room for in all. */
  room = Number.POSITIVE_INFINITY;
  mostPerWrite = Number.POSITIVE_INFINITY;
  openHandles = 0;
  #stalled: Promise<void> | undefined;
  #release: (() => void) | undefined;

  /** Writes wait until `release`. */
  stall(): void {
    this.#stalled = new Promise((resolve) => (this.#release = resolve));
  }

  release(): void {
    this.#release?.();
    this.#stalled = undefined;
  }

  fail(what: string, code: string, times = 1): void {
    for (let time = 0; time < times; time += 1) this.failures.push({ what, code });
  }

  textOf(path: string): string | undefined {
    return this.files.get(path)?.bytes.toString();
  }

  texts(): Record<string, string> {
    return Object.fromEntries([...this.files].map(([path, { bytes }]) => [path, bytes.toString()]));
  }

  put(path: string, text: string): void {
    this.files.set(path, { bytes: Buffer.from(text), nlink: 1 });
  }

  mkdir(path: string): Promise<void> {
    return this.#do('mkdir', path, () => undefined);
  }

  access(path: string): Promise<void> {
    return this.#do('access', path, () => void this.#get(path));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#do('rename', from, () => {
      const content = this.#get(from);
      this.#unlink(to);
      this.files.delete(from);
      this.files.set(to, content);
    });
  }

  rm(path: string): Promise<void> {
    return this.#do('rm', path, () => this.#unlink(path));
  }

  open(path: string): Promise<OpenFile> {
    return this.#do('open', path, () => {
      if (this.files.has(path)) throw failure('EEXIST');
      const content: Content = { bytes: Buffer.alloc(0), nlink: 1 };
      this.files.set(path, content);
      this.openHandles += 1;
      return this.#handle(content);
    });
  }

  claim(path: string): Promise<void> {
    return this.#do('claim', path, () => {
      if (this.files.has(path)) throw failure('EEXIST');
      this.put(path, '');
    });
  }

  #handle(content: Content): OpenFile {
    return {
      write: async (bytes, offset, length, position) => {
        await this.#stalled;
        return this.#do('write', '', () => {
          const used = [...this.files.values()].reduce((sum, other) => sum + other.bytes.length, 0);
          const bytesWritten = Math.min(length, this.mostPerWrite, this.room - used);
          if (bytesWritten <= 0) throw failure('ENOSPC');
          content.bytes = Buffer.concat([content.bytes.subarray(0, position), bytes.subarray(offset, offset + bytesWritten)]);
          return { bytesWritten };
        });
      },
      truncate: (length) => this.#do('truncate', '', () => void (content.bytes = content.bytes.subarray(0, length))),
      stat: () => this.#do('stat', '', () => ({ nlink: content.nlink })),
      close: () => this.#do('close', '', () => void (this.openHandles -= 1)),
    };
  }

  async #do<A>(what: string, path: string, run: () => A): Promise<A> {
    await Promise.resolve();
    this.asked.push(`${what} ${path}`.trim());
    const index = this.failures.findIndex((next) => next.what === what);
    const [next] = index < 0 ? [] : this.failures.splice(index, 1);
    if (next !== undefined) throw failure(next.code);
    return run();
  }

  #get(path: string): Content {
    const content = this.files.get(path);
    if (content === undefined) throw failure('ENOENT');
    return content;
  }

  #unlink(path: string): void {
    const content = this.files.get(path);
    if (content !== undefined) content.nlink = 0;
    this.files.delete(path);
  }
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: the disk says no`), { code });
}
