import { describe, expect, it } from '@jest/globals';
import { bestEffort } from '../../src/calls/best-effort.js';

describe('what tidies up', () => {
  it('is waited for', async () => {
    let isDone = false;
    const work = Promise.resolve().then(() => {
      isDone = true;
    });
    await bestEffort(work);
    expect(isDone).toBe(true);
  });

  it('may fail', async () => {
    await expect(bestEffort(Promise.reject(new Error('gone')))).resolves.toBeUndefined();
  });
});
