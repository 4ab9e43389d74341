import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { madeTraining } from '../support/inspection/made-records.js';
import { record } from '../support/inspection/few-records.js';
import { violations } from './support/accessibility.js';
import { keepPicture, openPage, type Theme } from './support/browser.js';
import { madeRun } from './support/made-run.js';
import { textOf, timelineCount } from './support/reading.js';
import { untilIt } from './support/waiting.js';

const themes: readonly Theme[] = ['light', 'dark'];

/** A page with something of everything on it, in a state that needs attention. */
async function fullPage(options: { readonly theme?: Theme; readonly bypassCsp?: boolean } = {}): Promise<Page> {
  const { inspector, sink } = await madeRun({ operations: 400 }, { control: true });
  const service = 'service-1';
  const at = Date.now();
  sink.write([
    record.training({ service, key: madeTraining, at, state: 'wedged', actor: 'training-0', queued: 1, queuedBytes: 200, queue: [{ id: 'op-x', kind: 'optimStep', bytes: 200, parts: 1 }] }),
    record.training({ service, key: 'another:train:1', at, state: 'idle' }),
    record.error({ service, key: 'wedged', at, kind: 'wedged', message: 'Nobody knows.', advice: 'Decide.', status: 500 }),
    record.notice({ service, key: 'late', at, level: 'warning', text: 'No heartbeat has succeeded for 120 s.' }),
    record.checkpoint({ service, key: `tinker://${madeTraining}/weights/soon`, at, client: madeTraining, savedAt: at, expiresAt: at + 600_000 }),
  ]);
  const page = await openPage(inspector.url, options);
  await untilIt(page, () => timelineCount(page), (count) => count === 400);
  await page.getByTestId('skip').waitFor();
  return page;
}

describe.each(themes)('for everybody, in the %s theme', (theme) => {
  it('has no fault that axe knows', async () => {
    const page = await fullPage({ theme, bypassCsp: true });
    expect(await page.locator('html').getAttribute('data-theme')).toBe(theme);
    for (const details of await page.locator('details > summary').all()) await details.click();
    for (const actor of await page.locator('.actor-open').all()) await actor.click();
    expect(await violations(page)).toEqual([]);
    await keepPicture(page, `everything-${theme}`);
    await page.getByTestId('skip').click();
    await page.getByTestId('confirm-dialog').waitFor();
    expect(await violations(page)).toEqual([]);
    await keepPicture(page, `confirm-${theme}`, { whole: false });
  });

  it('has none either when there is nothing to show, or no program', async () => {
    const { inspector } = await madeRun({ operations: 0 });
    const page = await openPage(inspector.url, { theme, bypassCsp: true, expected: [/net::ERR/] });
    await untilIt(page, () => timelineCount(page), (count) => count === 0);
    expect(await violations(page)).toEqual([]);
    await inspector.close();
    await page.getByTestId('lost-banner').waitFor();
    expect(await violations(page)).toEqual([]);
    await keepPicture(page, `without-program-${theme}`);
  });
});

/** What can be used, in the order of the page; an element of which only one of a group is stopped at counts by its group. */
const usable = `[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')]
  .filter((element) => element.tabIndex >= 0 && !element.disabled && element.checkVisibility({ visibilityProperty: true }))
  .filter((element) => element.type !== 'radio' || element.checked)`;

describe('by keyboard alone', () => {
  it('everything can be reached, in the order of the page, and is seen to be reached', async () => {
    const page = await fullPage();
    const expected = await page.evaluate<number>(`(window.usable = ${usable}).length`);
    expect(expected).toBeGreaterThan(25);
    const reached: number[] = [];
    const unseen: string[] = [];
    for (let presses = 0; presses < expected; presses += 1) {
      await page.keyboard.press('Tab');
      const { place, text, seen } = await page.evaluate<{ place: number; text: string; seen: boolean }>(
        `(() => {
          const reached = document.activeElement;
          // What shows it may be beside what is reached, or around it.
          const around = [reached, reached.nextElementSibling]; for (let up = reached.parentElement; up !== null; up = up.parentElement) around.push(up);
          return { place: window.usable.indexOf(reached), text: reached.outerHTML.slice(0, 120), seen: around.some((one) => one !== null && getComputedStyle(one).outlineStyle !== 'none') };
        })()`,
      );
      reached.push(place);
      if (!seen) unseen.push(text);
    }
    expect(reached).toEqual(Array.from({ length: expected }, (_, place) => place));
    expect(unseen).toEqual([]);
  });

  it('a decision can be made, and the focus comes back', async () => {
    const page = await fullPage();
    await page.getByTestId('retry').focus();
    await page.keyboard.press('Enter');
    await page.getByTestId('confirm-dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByTestId('confirm-dialog').waitFor({ state: 'detached' });
    expect(await page.evaluate<string | undefined>('document.activeElement?.dataset.testid')).toBe('retry');
  });

  it('clients, theme and span can be changed, and the header skipped', async () => {
    const page = await fullPage();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate<string>('document.activeElement?.id')).toBe('main');
    await page.getByRole('tab', { selected: true }).focus();
    const first = await textOf(page, 'training-id');
    await page.keyboard.press('ArrowRight');
    await untilIt(page, () => textOf(page, 'training-id'), (id) => id !== first);
    await page.getByTestId('theme').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await untilIt(page, () => page.locator('html').getAttribute('data-theme'), (theme) => theme === 'dark');
    await page.reload();
    await untilIt(page, () => page.locator('html').getAttribute('data-theme'), (theme) => theme === 'dark');
    await page.getByRole('radio', { name: 'Last 5 minutes' }).focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.getByRole('radio', { name: 'Whole run' }).isChecked()).toBe(true);
  });
});
