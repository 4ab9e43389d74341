import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

const script = fileURLToPath(new URL('../../../node_modules/axe-core/axe.min.js', import.meta.url));

/** What axe finds wrong with a page, a line for each element; the page's policy must not hold. */
export async function violations(page: Page): Promise<readonly string[]> {
  await page.addScriptTag({ path: script });
  return await page.evaluate<string[]>(
    "axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`)))",
  );
}
