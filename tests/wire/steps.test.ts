import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { atOnce, oneEachTurn, type Steps } from '../../src/wire/steps.js';

function* threeSteps(done: string[]): Steps<string> {
  done.push('first');
  yield;
  done.push('second');
  yield;
  done.push('third');
  return 'made';
}

/** A step between any two; the last is given. */
function* steps(all: readonly string[]): Steps<string> {
  for (let after = 1; after < all.length; after += 1) yield;
  return all.at(-1) ?? '';
}

describe('work in steps', () => {
  it('is done at once where nobody else is to go in between', () => {
    const done: string[] = [];
    expect(atOnce(threeSteps(done))).toBe('made');
    expect(done).toEqual(['first', 'second', 'third']);
  });

  it('leaves a turn of the event loop to others after each step', async () => {
    const done: string[] = [];
    const made = oneEachTurn(threeSteps(done));
    const seen = [done.length];
    for (let turn = 0; turn < 2; turn += 1) {
      await nextTurn();
      seen.push(done.length);
    }
    expect(seen).toEqual([1, 2, 3]);
    expect(await made).toBe('made');
  });

  it('waits for nobody where it is short', async () => {
    const done: string[] = [];
    const short = oneEachTurn(steps(['short'])).then((made) => done.push(made));
    await Promise.resolve();
    await Promise.resolve();
    expect(done).toEqual(['short']);
    await short;
  });

  it('fails as its step does', async () => {
    const failing = function* (): Steps<never> {
      yield;
      throw new Error('no');
    };
    expect(() => atOnce(failing())).toThrow('no');
    await expect(oneEachTurn(failing())).rejects.toThrow('no');
  });
});
