/**
 * The disk of a journal, at whose every call the process may die: before it, after it, and with half of what is
 * written.
 * @param {import('../../dist/journal/disk.js').JournalDisk} disk
 * @param {import('./boundaries.mjs').Boundaries} boundaries
 * @returns {import('../../dist/journal/disk.js').JournalDisk}
 */
export function deadlyDisk(disk, boundaries) {
  /**
   * @template T
   * @param {string} name
   * @param {() => Promise<T>} call
   */
  const around = async (name, call) => {
    boundaries.reach(`before ${name}`);
    const value = await call();
    boundaries.reach(`after ${name}`);
    return value;
  };
  return {
    lock: (path) => around('taking the lock', () => disk.lock(path)),
    makeDirectory: (path) => disk.makeDirectory(path),
    list: (directory) => disk.list(directory),
    read: (path) => disk.read(path),
    openToAppend: async (path) => deadlyFile(await around('opening the file', () => disk.openToAppend(path)), boundaries, around),
    rename: (from, to) => around('the rename', () => disk.rename(from, to)),
    syncDirectory: (path) => around("the folder's fsync", () => disk.syncDirectory(path)),
    remove: (path) => around('removing a file', () => disk.remove(path)),
  };
}

/**
 * @param {import('../../dist/journal/disk.js').AppendFile} file
 * @param {import('./boundaries.mjs').Boundaries} boundaries
 * @param {<T>(name: string, call: () => Promise<T>) => Promise<T>} around
 * @returns {import('../../dist/journal/disk.js').AppendFile}
 */
function deadlyFile(file, boundaries, around) {
  let last = 'nothing';
  return {
    append: async (bytes) => {
      last = firstType(bytes);
      const torn = `within the append of ${last}`;
      if (boundaries.isLast(torn)) await file.append(bytes.subarray(0, Math.ceil(bytes.length / 2)));
      boundaries.reach(torn);
      await around(`the append of ${last}`, () => file.append(bytes));
    },
    sync: () => around(`the fsync of ${last}`, () => file.sync()),
    close: () => file.close(),
  };
}

/** What the first line of several is. @param {Uint8Array} bytes */
function firstType(bytes) {
  const [, type = 'a line'] = /"type":"(\w+)"/.exec(Buffer.from(bytes).toString('utf8')) ?? [];
  return type;
}
