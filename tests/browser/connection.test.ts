import { describe, expect, it } from '@jest/globals';
import { startInspector } from '../../src/inspector/start-inspector.js';
import { watched } from '../support/inspection/few-records.js';
import { madeRecords } from '../support/inspection/made-records.js';
import { train } from '../support/live-training.js';
import { keepPicture, openPage } from './support/browser.js';
import { expectedTraining, shownTraining, textOf, timelineCount } from './support/reading.js';
import { afterwards, beginRun, openInspector, useServer } from './support/run.js';
import { openTunnel } from './support/tunnel.js';
import { untilIt, untilShown } from './support/waiting.js';

const server = useServer();
/** What a browser says of a connection that a test breaks. */
const broken = [/net::ERR_(CONNECTION|INCOMPLETE_CHUNKED|EMPTY_RESPONSE|SOCKET)/];

describe('the connection to the program', () => {
  it('says since when it is lost, comes back by itself, and misses nothing', async () => {
    const { inspector, training, gathered } = await beginRun(server(), { inspector: { control: true } });
    const tunnel = await openTunnel(inspector.url);
    const page = await openPage(tunnel.url, { expected: broken });
    await untilIt(page, () => textOf(page, 'connection'), (text) => text === 'live');
    await untilShown(page, () => shownTraining(page), () => expectedTraining(training.getSnapshot()));

    await tunnel.cut();
    await untilIt(page, () => textOf(page, 'connection'), (text) => /^disconnected ?last news \d\d:\d\d:\d\d$/.test(text));
    expect(await textOf(page, 'lost-banner')).toMatch(/No connection to the program.*What you see is from \d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
    expect(await page.getByTestId('pause').isDisabled()).toBe(true);
    expect(await page.getByTestId('copy-snapshot').isDisabled()).toBe(true);
    expect(await textOf(page, 'optim-steps')).toBe('0');
    await keepPicture(page, 'disconnected', { whole: false });

    await train(training, 1, 3);
    await tunnel.mend();
    await untilIt(page, () => textOf(page, 'connection'), (text) => text === 'live');
    await untilShown(page, () => shownTraining(page), () => expectedTraining(training.getSnapshot()));
    await untilShown(page, () => timelineCount(page), () => gathered.newest('operation').length);
    expect(await page.getByTestId('lost-banner').count()).toBe(0);
    expect(await page.getByTestId('pause').isEnabled()).toBe(true);
  });

  it('is tried again at once when somebody asks', async () => {
    const { inspector } = await beginRun(server());
    const tunnel = await openTunnel(inspector.url);
    const page = await openPage(tunnel.url, { expected: broken, ownClock: true });
    await page.locator('[data-testid="connection"][data-state="live"]').waitFor();
    await tunnel.cut();
    await page.getByTestId('lost-banner').waitFor();
    // From here on the page's time stands still: of itself it tries nothing more.
    const failed = page.waitForEvent('requestfailed');
    await page.clock.pauseAt(Date.now() + 3_600_000);
    await failed;
    await tunnel.mend();
    await page.getByTestId('lost-banner').getByRole('button', { name: 'Try now' }).press('Enter');
    await page.locator('[data-testid="connection"][data-state="live"]').waitFor();
  });

  it('counts as lost after silence, as of a tunnel that broke without a word', async () => {
    const { inspector } = await beginRun(server());
    const tunnel = await openTunnel(inspector.url);
    const page = await openPage(tunnel.url, { expected: broken, ownClock: true });
    await page.locator('[data-testid="connection"][data-state="live"]').waitFor();
    tunnel.stall();
    await page.clock.fastForward(30_000);
    await page.getByTestId('lost-banner').waitFor();
    await tunnel.cut();
    await tunnel.mend();
    await page.getByTestId('lost-banner').getByRole('button', { name: 'Try now' }).click();
    await page.locator('[data-testid="connection"][data-state="live"]').waitFor();
  });

  it('brings only what is new when it comes back', async () => {
    const inspector = await openInspector();
    const sink = inspector.inspect.watch(watched('service-1'));
    const records = madeRecords({ operations: 2000 });
    sink.write(records);
    const tunnel = await openTunnel(inspector.url);
    const page = await openPage(tunnel.url, { expected: broken });
    await untilIt(page, () => timelineCount(page), (count) => count === 2000);
    const before = tunnel.received();
    await tunnel.cut();
    await page.getByTestId('lost-banner').waitFor();
    sink.write(madeRecords({ operations: 2010 }).slice(-40));
    await tunnel.mend();
    await untilIt(page, () => timelineCount(page), (count) => count > 2000);
    expect(tunnel.received() - before).toBeLessThan(before / 4);
  });

  it('begins anew where another program answers at the same address', async () => {
    const first = await openInspector();
    const port = Number(new URL(first.url).port);
    first.inspect.watch(watched('service-1')).write(madeRecords({ operations: 300 }));
    const page = await openPage(first.url, { expected: broken });
    await untilIt(page, () => timelineCount(page), (count) => count === 300);
    await first.close();
    await page.getByTestId('lost-banner').waitFor();
    const second = await startInspector({ port, log: () => undefined });
    afterwards(() => second.close());
    second.inspect.watch(watched('service-2')).write(madeRecords({ operations: 20, service: 'service-2', startedAt: Date.now() }));
    await untilIt(page, () => timelineCount(page), (count) => count === 20);
    expect(await page.getByTestId('service-select').count()).toBe(0);
    expect(await textOf(page, 'connection')).toBe('live');
  });
});
