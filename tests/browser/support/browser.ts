import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

export type Theme = 'light' | 'dark';

export interface OpenOptions {
  readonly theme?: Theme;
  readonly width?: number;
  readonly height?: number;
  /** For what a tester puts into the page, such as axe; the page's own policy does not hold then. */
  readonly bypassCsp?: boolean;
  /** Whether the test may move the time of the page. */
  readonly ownClock?: boolean;
  /** What the test brings about itself, and is no trouble. */
  readonly expected?: readonly RegExp[];
}

interface Opened {
  readonly context: BrowserContext;
  readonly troubles: string[];
  readonly expected: readonly RegExp[];
}

/** Ends a test that hangs; judges nobody by its speed. */
export const patienceMs = 45_000;

const folder = fileURLToPath(new URL('../../../test-output/browser/', import.meta.url));
const loopback = new Set(['127.0.0.1', 'localhost', '[::1]']);

let browser: Browser | undefined;
const opened: Opened[] = [];

beforeAll(async () => {
  browser = await chromium.connect(process.env['TINKERJS_TEST_BROWSER'] ?? '');
});

// Whatever a page complains of fails the test that opened it, and so does whatever leaves this machine.
afterEach(async () => {
  const troubles: string[] = [];
  for (const one of opened.splice(0)) {
    await one.context.close();
    troubles.push(...one.troubles.filter((trouble) => !one.expected.some((pattern) => pattern.test(trouble))));
  }
  expect(troubles).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
});

/** Opens an address in a page of its own; closed after the test. */
export async function openPage(url: string, options: OpenOptions = {}): Promise<Page> {
  const { theme = 'light', width = 1440, height = 900, bypassCsp = false, ownClock = false, expected = [] } = options;
  if (browser === undefined) throw new Error('the browser has not begun yet: open pages within tests');
  const context = await browser.newContext({
    colorScheme: theme,
    viewport: { width, height },
    bypassCSP: bypassCsp,
    permissions: ['clipboard-read', 'clipboard-write'],
    reducedMotion: 'reduce',
  });
  const troubles: string[] = [];
  opened.push({ context, troubles, expected });
  await context.route(
    ({ hostname, protocol }) => /^https?:$/.test(protocol) && !loopback.has(hostname),
    async (route) => {
      troubles.push(`left this machine: ${route.request().url()}`);
      await route.abort();
    },
  );
  await context.addInitScript(
    "addEventListener('securitypolicyviolation', (event) => console.error(`forbidden by ${event.violatedDirective}: ${event.blockedURI}`))",
  );
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(`console: ${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (error) => troubles.push(`uncaught: ${error.error().message}`));
  context.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? '';
    // The page closes streams itself.
    if (why !== 'net::ERR_ABORTED') troubles.push(`failed: ${request.url()} ${why}`);
  });
  context.on('response', (response) => {
    if (response.status() >= 400) troubles.push(`HTTP ${response.status()}: ${response.url()}`);
  });
  if (ownClock) await context.clock.install();
  context.setDefaultTimeout(patienceMs);
  const page = await context.newPage();
  page.on('websocket', (socket) => troubles.push(`opened a socket: ${socket.url()}`));
  await page.goto(url);
  return page;
}

/** Keeps a picture of the whole page, or of what is seen of it; gives its path. */
export async function keepPicture(page: Page, name: string, { whole = true }: { readonly whole?: boolean } = {}): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${name}.png`);
  if (whole) await page.evaluate('scrollTo(0, 0)');
  await page.screenshot({ path, fullPage: whole, animations: 'disabled' });
  return path;
}
