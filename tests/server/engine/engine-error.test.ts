import { describe, expect, it } from '@jest/globals';
import { EngineError, withoutPlaces } from '../../../src/server/engine/engine-error.js';

describe('what clients are told of a failure', () => {
  it.each([
    ["EACCES: permission denied, open '/home/me/.tinkerjs/server/x.json'", "EACCES: permission denied, open '…'"],
    ['Cannot find module /srv/app/node_modules/x/index.js: gone', 'Cannot find module …: gone'],
    ['imported from file:///srv/app/x.js, it says', 'imported from …, it says'],
    ["ENOENT: 'C:\\Users\\me\\x'", "ENOENT: '…'"],
    ['Checkpoint "tinker://run:train:0/weights/a" is damaged: 1/2 of it', 'Checkpoint "tinker://run:train:0/weights/a" is damaged: 1/2 of it'],
    ['Checkpoint not found: tinker://a/weights/b. Check the run and/or the name.', 'Checkpoint not found: tinker://a/weights/b. Check the run and/or the name.'],
  ])('names no place on this machine: %s', (text, shown) => {
    expect(withoutPlaces(text)).toBe(shown);
    const cause = new Error(text);
    const error = new EngineError('server', text, { cause });
    expect([error.message, error.cause]).toEqual([shown, cause]);
  });
});
