import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inTurns } from '../../src/training/turns.js';

describe('inTurns', () => {
  it('lets one go in each turn of the event loop, in their order', async () => {
    const inTurn = inTurns();
    const gone: number[] = [];
    for (const one of [1, 2, 3]) void inTurn(() => Promise.resolve(gone.push(one)));
    const seen: number[] = [];
    for (let passed = 0; passed < 4; passed += 1) {
      await nextTurn();
      seen.push(gone.length);
    }
    expect(seen).toEqual([0, 1, 2, 3]);
    expect(gone).toEqual([1, 2, 3]);
  });

  it('lets nobody go before the one before has finished, or failed', async () => {
    const inTurn = inTurns();
    const seen: string[] = [];
    const slow = inTurn(async () => {
      seen.push('slow begins');
      for (let turn = 0; turn < 3; turn += 1) await nextTurn();
      seen.push('slow ends');
      throw new Error('no');
    });
    const next = inTurn(() => Promise.resolve(seen.push('next')));
    await expect(slow).rejects.toThrow('no');
    await next;
    expect(seen).toEqual(['slow begins', 'slow ends', 'next']);
  });
});
