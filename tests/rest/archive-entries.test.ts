import { describe, expect, it } from '@jest/globals';
import { ArchiveEntries, type EntryHead } from '../../src/rest/archive-entries.js';
import { TinkerError } from '../../src/types/errors.js';
import { factsOf, refusalOf } from '../support/codec.js';

function head(path: string, type = 'File', size = 3): EntryHead {
  return { path, type, size };
}

describe('ArchiveEntries', () => {
  it('keeps the files with their sizes, and places everything below the root', () => {
    const entries = new ArchiveEntries();
    expect([head('./', 'Directory', 0), head('./a.json'), head('sub/', 'Directory', 0), head('sub//deep/b', 'OldFile', 4), head('sub/', 'Directory', 0)].map((entry) => entries.add(entry))).toEqual([
      { kind: 'folder', name: '', bytes: 0 },
      { kind: 'file', name: 'a.json', bytes: 3 },
      { kind: 'folder', name: 'sub', bytes: 0 },
      { kind: 'file', name: 'sub/deep/b', bytes: 4 },
      { kind: 'folder', name: 'sub', bytes: 0 },
    ]);
    expect([entries.files, entries.bytes]).toEqual([[{ name: 'a.json', bytes: 3 }, { name: 'sub/deep/b', bytes: 4 }], 7]);
  });

  it("takes the root itself as Python's tarfile writes it, a folder of the name /", () => {
    expect(new ArchiveEntries().add(head('/', 'Directory', 0))).toEqual({ kind: 'folder', name: '', bytes: 0 });
  });

  it.each([
    [head('../x'), 'leads out of the archive'],
    [head('a/../../x'), 'leads out of the archive'],
    [head('/'), 'does not have a plain relative path'],
    [head('//', 'Directory'), 'does not have a plain relative path'],
    [head('/etc/', 'Directory'), 'does not have a plain relative path'],
    [head('/etc/passwd'), 'does not have a plain relative path'],
    [head('C:/x'), 'does not have a plain relative path'],
    [head('a\\..\\x'), 'does not have a plain relative path'],
    [head('a\u0000b'), 'does not have a plain relative path'],
    [head('./'), 'has no name'],
    [head('x', 'SymbolicLink'), 'is a SymbolicLink, not a file or a folder'],
    [head('x', 'Link'), 'is a Link, not a file or a folder'],
    [head('x', 'CharacterDevice'), 'is a CharacterDevice, not a file or a folder'],
    [head('x', 'FIFO'), 'is a FIFO, not a file or a folder'],
  ])('refuses %j', (entry, why) => {
    const error = refusalOf(() => new ArchiveEntries().add(entry));
    expect(factsOf(error)).toEqual({
      kind: 'malformedResponse',
      message: `The archive is refused and nothing was extracted: its entry ${JSON.stringify(entry.path)} ${why}`,
      retriable: false,
    });
  });

  it('refuses more entries and more bytes than any checkpoint has', () => {
    const few = new ArchiveEntries({ entries: 2, bytes: 5 });
    few.add(head('a'));
    expect(refusalOf(() => few.add(head('b')))).toMatchObject({ kind: 'malformedResponse', message: expect.stringContaining('entry "b" makes more than 5 bytes of it, more than any checkpoint has') });
    expect(refusalOf(() => few.add(head('c', 'Directory', 0)))).toMatchObject({ message: expect.stringContaining('entry "c" comes after 2 others, more than any checkpoint has') });
    const usual = new ArchiveEntries();
    for (let count = 0; count < 10_000; count += 1) usual.add(head(`${count}`, 'File', 2 ** 26));
    expect(() => usual.add(head('x', 'Directory', 0))).toThrow('comes after 10000 others');
    expect(() => new ArchiveEntries().add(head('x', 'File', 2 ** 40 + 1))).toThrow('makes more than 1099511627776 bytes');
  });

  it.each([
    ['a file twice', head('a'), head('a')],
    ['names that some file systems take for one', head('a'), head('A')],
    ['names that are written in two ways', head('\u00e9'), head('e\u0301')],
    ['a file where a folder is', head('a/b'), head('a')],
    ['something below a file', head('a'), head('a/b')],
    ['a folder where a file is', head('a'), head('a/', 'Directory')],
  ])('refuses %s', (_, first, second) => {
    const entries = new ArchiveEntries();
    entries.add(first);
    expect(() => entries.add(second)).toThrow(TinkerError);
    expect(entries.files).toEqual(first.path === 'a/b' ? [{ name: 'a/b', bytes: 3 }] : [{ name: first.path, bytes: 3 }]);
  });
});
