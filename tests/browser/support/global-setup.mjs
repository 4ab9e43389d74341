/** One browser for the whole suite; each test opens its own pages in it. */
import { accessSync, constants } from 'node:fs';
import { chromium } from 'playwright-core';

const executablePath = process.env.CHROME_PATH || '/usr/bin/chromium';
// Chromium's own sandbox refuses to run for root, as whom containers run their commands.
const asRoot = process.getuid?.() === 0;

export default async function setup() {
  try {
    accessSync(executablePath, constants.X_OK);
  } catch {
    throw new Error(`There is no Chromium at ${executablePath}: install it with "apt-get install chromium", or name another one in CHROME_PATH.`);
  }
  globalThis.browserServer = await chromium.launchServer({
    executablePath,
    host: '127.0.0.1',
    args: [
      ...(asRoot ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-dev-shm-usage',
      // Nothing of a test leaves this machine, not even a question for a name.
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  process.env.TINKERJS_TEST_BROWSER = globalThis.browserServer.wsEndpoint();
}
