import { expect } from '@jest/globals';

/** What every object would have if something had got into the prototype of all. */
export function assertNothingPolluted(): void {
  expect([Reflect.get({}, 'polluted'), Reflect.get([], 'polluted'), Reflect.get(() => undefined, 'polluted')]).toEqual([undefined, undefined, undefined]);
  expect(Object.keys(Object.prototype)).toEqual([]);
}

/** Lines of a stack, and paths of files on this machine. */
const telling = /\n\s+at |node:internal|node_modules|\/src\/|\.ts:\d|\.js:\d|Error:.*\bat\b/;

/** What an answer tells of the inside of the server, apart from what the client sent itself. */
export function toldOfInside(text: string, folders: readonly string[]): readonly string[] {
  return [...folders.filter((folder) => text.includes(folder)), ...(telling.exec(text) ?? [])];
}
