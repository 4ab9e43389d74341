import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inTurns } from '../../src/training/turns.js';

describe('inTurns', () => {
  it('lets one go in each turn of the event loop, in their order', async () => {
    const turn = inTurns();
    const gone: number[] = [];
    for (const one of [1, 2, 3]) void turn().then(() => gone.push(one));
    const seen: number[] = [];
    for (let passed = 0; passed < 4; passed += 1) {
      await nextTurn();
      seen.push(gone.length);
    }
    expect(seen).toEqual([0, 1, 2, 3]);
    expect(gone).toEqual([1, 2, 3]);
  });
});
