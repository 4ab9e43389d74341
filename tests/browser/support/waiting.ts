import { isDeepStrictEqual } from 'node:util';
import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { patienceMs } from './browser.js';

/** Waits until the page has drawn once more. */
export async function nextFrame(page: Page): Promise<void> {
  await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => resolve(null)))');
}

/** Waits, picture by picture, until what the page shows is what is wanted; what is wanted may change meanwhile. */
export async function untilShown<A>(page: Page, read: () => Promise<A>, wanted: () => A): Promise<void> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const shown = await read();
    const present = wanted();
    if (isDeepStrictEqual(shown, present)) return;
    if (performance.now() > end) expect(shown).toEqual(present);
    await nextFrame(page);
  }
}

/** Waits until what the page shows passes a test; gives it. */
export async function untilIt<A>(page: Page, read: () => Promise<A>, isSo: (shown: A) => boolean): Promise<A> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const shown = await read();
    if (isSo(shown)) return shown;
    if (performance.now() > end) throw new Error(`the page still shows ${JSON.stringify(shown)}`);
    await nextFrame(page);
  }
}
