import { describe, expect, it } from '@jest/globals';
import { KeepAlive } from '../../src/machines/environment.js';
import { TinkerError } from '../../src/types/errors.js';
import { Waiting } from '../../src/service/waiting.js';
import { rejection } from '../support/clients.js';

const failure = new TinkerError('cancelled', 'over');

describe('Waiting', () => {
  it('gives what was waited for, or fails', async () => {
    const waiting = new Waiting(new KeepAlive());
    await expect(waiting.settled<number>('a', (resolve) => resolve(7))).resolves.toBe(7);
    const failed = rejection(waiting.settled('b', () => undefined));
    waiting.fail('a', new TinkerError('timeout', 'nobody waits for this'));
    waiting.fail('b', failure);
    expect(await failed).toBe(failure);
    expect(await rejection(waiting.settled('c', () => { throw failure; }))).toBe(failure);
  });

  it('fails everything that is open', async () => {
    const waiting = new Waiting(new KeepAlive());
    const failed = ['a', 'b'].map((key) => rejection(waiting.settled(key, () => undefined)));
    waiting.failAll(failure);
    expect(await Promise.all(failed)).toEqual([failure, failure]);
  });
});
