import { Header, type ReadEntry } from 'tar';

/** One entry of a tar file to be made. */
export interface TarEntry {
  readonly path: string;
  readonly type?: ReadEntry['type'];
  readonly content?: string | Uint8Array;
  readonly linkpath?: string;
  /** Says another size than the content has. */
  readonly size?: number;
}

const block = 512;

/** A tar file made by hand, so that it may hold what no archiver would write. */
export function tarOf(entries: readonly TarEntry[], { endMark = true }: { endMark?: boolean } = {}): Buffer {
  const blocks = entries.flatMap(({ path, type = 'File', content = '', linkpath = '', size }) => {
    const data = Buffer.from(content);
    const head = Buffer.alloc(block);
    new Header({ path, type, linkpath, size: size ?? data.length, mode: 0, uid: 0, gid: 0, mtime: new Date(0) }).encode(head, 0);
    return [head, data, Buffer.alloc((block - (data.length % block)) % block)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(endMark ? 2 * block : 0)]);
}
