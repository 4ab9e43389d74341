import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { madeRecords } from '../support/inspection/made-records.js';
import { keepPicture, openPage, type Theme } from './support/browser.js';
import { madeRun } from './support/made-run.js';
import { textOf, timelineCount } from './support/reading.js';
import { untilIt } from './support/waiting.js';

const sizes = [
  [360, 800],
  [1440, 900],
  [3840, 2160],
] as const;
const themes: readonly Theme[] = ['light', 'dark'];
const every = sizes.flatMap(([width, height]) => themes.map((theme) => [width, height, theme] as const));

/** Elements that reach beyond the right edge of the page, those that scroll by themselves apart. */
const overflowing = `[...document.querySelectorAll('body *')]
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && element.checkVisibility({ visibilityProperty: true }))
  .filter((element) => { for (let up = element.parentElement; up !== null; up = up.parentElement) { if (getComputedStyle(up).overflowX !== 'visible' && up.getBoundingClientRect().right <= innerWidth + 1 && up !== document.body && up !== document.documentElement) return false; } return true; })
  .map((element) => element.outerHTML.slice(0, 100))`;

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** Where the panels are on the page. */
const panels = (page: Page) =>
  page.evaluate<Record<string, Place>>(
    `Object.fromEntries([...document.querySelectorAll('.panel')].map((panel) => { const { x, y, width } = panel.getBoundingClientRect(); return [panel.id, { x, y: y + scrollY, width }]; }))`,
  );

describe.each(every)('at %d × %d, %s', (width, height, theme) => {
  it('everything fits', async () => {
    const { inspector } = await madeRun({ operations: 400 }, { control: true });
    const page = await openPage(inspector.url, { width, height, theme });
    await untilIt(page, () => timelineCount(page), (count) => count === 400);
    await page.locator('.chart-image').first().waitFor();
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(await page.evaluate<string[]>(overflowing)).toEqual([]);
    await keepPicture(page, `layout-${width}-${theme}`);
  });
});

describe('while data stream in', () => {
  it.each(sizes)('nothing moves at %d × %d', async (width, height) => {
    const { inspector, sink } = await madeRun({ operations: 400 }, { control: true });
    const page = await openPage(inspector.url, { width, height });
    await untilIt(page, () => timelineCount(page), (count) => count === 400);
    await page.locator('.chart-image').first().waitFor();
    const before = await panels(page);
    expect(Object.keys(before).length).toBeGreaterThan(8);
    // Two seconds of it: each tenth of a second the client is elsewhere, and there are more operations, metrics, checkpoints.
    const more = madeRecords({ operations: 800, startedAt: Date.now() - 4_000_000 }).filter(({ type }) => type !== 'service');
    const training = more.find((one) => one.type === 'training');
    if (training === undefined) throw new Error('no training client was made');
    for (let turn = 0; turn < 20; turn += 1) {
      const state = states[turn % states.length] ?? 'idle';
      const inFlight = Array.from({ length: turn % 7 }, (_, place) => ({ id: `x-${place}`, kind: 'forwardBackward', seqIds: [10_000 + place], polls: 1 }));
      const nextSeqId = 10_000 * (turn + 1);
      sink.write([...more.slice(turn * 100, turn * 100 + 100), { ...training, at: Date.now(), state, inFlight, inFlightCount: inFlight.length, nextSeqId, optimSteps: 1000 * turn }]);
      await untilIt(page, () => textOf(page, 'next-seq-id'), (text) => text === String(nextSeqId));
      expect(above(await panels(page))).toEqual(above(before));
    }
    await untilIt(page, () => timelineCount(page), (count) => count === 800);
  });
});

const states = ['submitting', 'computing', 'holding', 'idle'] as const;

/** All but how far down the last ones begin: they are under a list that grows with every save. */
function above(places: Readonly<Record<string, Place>>): readonly string[] {
  return Object.entries(places).map(([id, { x, y, width }]) => `${id} ${x} ${['sampling', 'actors', 'notices'].includes(id) ? '' : y} ${width}`);
}
