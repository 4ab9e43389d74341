import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Notices } from '../../src/service/notices.js';
import { simulatedEnvironment } from '../support/simulated.js';

afterEach(() => {
  jest.restoreAllMocks();
});

describe('Notices', () => {
  it('warns once a minute about each thing', () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const environment = simulatedEnvironment();
    const notices = new Notices(environment);
    notices.warn('a', 'first');
    notices.warn('b', 'other');
    environment.clock.increment(59_999);
    notices.warn('a', 'too soon');
    environment.clock.increment(1);
    notices.warn('a', 'again');
    expect(warn.mock.calls).toEqual([['tinkerjs: first'], ['tinkerjs: other'], ['tinkerjs: again']]);
  });
});

describe('Notices of many things', () => {
  it('keep none for longer than it decides anything', () => {
    jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const environment = simulatedEnvironment();
    const set = jest.spyOn(Map.prototype, 'set');
    const notices = new Notices(environment);
    for (const client of ['a', 'b', 'c', 'd']) {
      notices.warn(client, 'waits');
      environment.clock.increment(40_000);
    }
    const [kept] = set.mock.contexts.filter((map) => map instanceof Map && map.has('d'));
    expect(kept).toEqual(new Map([['c', 80_000], ['d', 120_000]]));
  });
});
