import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { keepPicture, openPage } from './support/browser.js';
import { madeRun, recordsUntilNow } from './support/made-run.js';
import { textOf, timelineCount } from './support/reading.js';
import { untilIt } from './support/waiting.js';

const elementsOf = (page: Page) => page.evaluate<number>("document.getElementsByTagName('*').length");

describe('10,000 operations', () => {
  it('are counted, while the page stays as small as it was', async () => {
    const few = await madeRun({ operations: 400 });
    const small = await openPage(few.inspector.url);
    await untilIt(small, () => timelineCount(small), (count) => count === 400);
    const { inspector } = await madeRun({ operations: 10_000 });
    const page = await openPage(inspector.url);
    await untilIt(page, () => timelineCount(page), (count) => count === 10_000);
    // Lists end after a hundred lines.
    expect(await elementsOf(page)).toBeLessThan((await elementsOf(small)) + 3000);
    await keepPicture(page, 'many');
  });

  it('leave clicks their answers, also while more is told', async () => {
    const { inspector, sink } = await madeRun({ operations: 10_000 });
    const page = await openPage(inspector.url);
    await untilIt(page, () => timelineCount(page), (count) => count === 10_000);
    const grown = await elementsOf(page);
    const more = recordsUntilNow({ operations: 12_000 });
    let told = 0;
    const feeding = setInterval(() => sink.write(more.slice(told, (told += 100))), 20);
    try {
      for (const label of ['Whole run', 'Last 5 minutes', 'Whole run']) {
        await page.getByTestId('span').getByText(label).click();
        expect(await page.getByRole('radio', { name: label }).isChecked()).toBe(true);
      }
      await page.getByTestId('timeline-compact').click();
      expect(await page.getByTestId('timeline-compact').getAttribute('aria-pressed')).toMatch(/true|false/);
      await untilIt(page, () => timelineCount(page), (count) => count === 12_000);
    } finally {
      clearInterval(feeding);
    }
    expect(await elementsOf(page)).toBeLessThan(grown + 1000);
  });

  it('can be gone through by keyboard: selected, zoomed, moved along', async () => {
    const { inspector } = await madeRun({ operations: 10_000, closed: true });
    const page = await openPage(inspector.url);
    await untilIt(page, () => timelineCount(page), (count) => count === 10_000);
    const canvas = page.getByTestId('timeline-canvas');
    await canvas.focus();
    const selections: string[] = [];
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown']) {
      await page.keyboard.press(key);
      selections.push(await untilIt(page, () => textOf(page, 'timeline-selected'), (text) => text !== '' && !selections.includes(text)));
    }
    await page.keyboard.press('ArrowUp');
    await untilIt(page, () => textOf(page, 'timeline-selected'), (text) => text === selections[1]);
    const pictures = new Set([await shot(page)]);
    for (const key of ['0', '+', '+', 'ArrowRight', 'Home', 'End', '-']) {
      await page.keyboard.press(key);
      await untilIt(page, () => shot(page), (picture) => !pictures.has(picture));
      pictures.add(await shot(page));
    }
    await page.keyboard.press('Escape');
    await untilIt(page, () => textOf(page, 'timeline-selected'), (text) => text === '');
  });

  it('can be zoomed, dragged and scrolled by pointer, and filtered', async () => {
    const { inspector } = await madeRun({ operations: 10_000, closed: true });
    const page = await openPage(inspector.url);
    await untilIt(page, () => timelineCount(page), (count) => count === 10_000);
    const canvas = page.getByTestId('timeline-canvas');
    await canvas.scrollIntoViewIfNeeded();
    const changes = async (act: () => Promise<void>) => {
      const before = await shot(page);
      await act();
      await untilIt(page, () => shot(page), (picture) => picture !== before);
    };
    const box = await canvas.boundingBox();
    if (box === null) throw new Error('the timeline is not seen');
    const [x, y] = [box.x + box.width * 0.6, box.y + box.height / 2];
    await changes(() => page.getByTestId('timeline-zoom-in').click());
    await page.mouse.move(x, y);
    await page.keyboard.down('Control');
    await changes(() => page.mouse.wheel(0, -400));
    await page.keyboard.up('Control');
    await changes(async () => {
      await page.mouse.down();
      await page.mouse.move(x - 150, y, { steps: 5 });
      await page.mouse.up();
    });
    await changes(() => page.getByTestId('timeline-compact').click());
    await changes(() => page.mouse.move(x, y).then(() => page.mouse.wheel(0, 300)));
    await changes(async () => {
      await page.getByLabel('Which').selectOption('failed');
    });
    await untilIt(page, () => page.locator('.timeline-shown').textContent(), (text) => /\d shown/.test(text ?? ''));
    await keepPicture(page, 'failed-only', { whole: false });
  });
});

/** What the timeline shows, as one text. */
async function shot(page: Page): Promise<string> {
  return await page.evaluate<string>(
    `(() => { const c = document.querySelector('[data-testid="timeline-canvas"]'); const small = document.createElement('canvas'); small.width = c.width / 2; small.height = c.height / 2; small.getContext('2d').drawImage(c, 0, 0, small.width, small.height); return small.toDataURL(); })()`,
  );
}
