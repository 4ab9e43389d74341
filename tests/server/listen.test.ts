import { describe, expect, it } from '@jest/globals';
import { isEveryAddress, reachableHost } from '../../src/server/listen.js';

describe('reachableHost', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1', false],
    ['localhost', 'localhost', false],
    ['::1', '[::1]', false],
    ['0.0.0.0', '127.0.0.1', true],
    ['::', '127.0.0.1', true],
  ])('gives clients of %s the address %s', (host, name, isEvery) => {
    expect([reachableHost(host), isEveryAddress(host)]).toEqual([name, isEvery]);
  });
});
