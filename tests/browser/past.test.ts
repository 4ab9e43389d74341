import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { batch, train } from '../support/live-training.js';
import { temporaryFolder } from '../support/temporary.js';
import { keepPicture, openPage } from './support/browser.js';
import { madeRun } from './support/made-run.js';
import { cellsOf, expectedTraining, shownMetrics, shownTraining, textOf, textsOf, timelineCount } from './support/reading.js';
import { afterwards, beginRun, openInspector, useServer } from './support/run.js';
import { untilIt, untilShown } from './support/waiting.js';

const server = useServer();
const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

describe('a page that comes late', () => {
  it('shows what was before it', async () => {
    const { inspector, training, gathered } = await beginRun(server());
    await train(training, 1, 30);
    const { path } = await training.saveState('early');
    const page = await openPage(inspector.url);
    await untilShown(page, () => shownTraining(page), () => expectedTraining(training.getSnapshot()));
    await untilShown(page, () => timelineCount(page), () => gathered.newest('operation').length);
    expect((await cellsOf(page, 'checkpoint-row')).map(([, , shown]) => shown)).toEqual([path]);
    expect((await shownMetrics(page))['loss:sum']).toMatch(/ at step 30$/);
  });

  it('shows all of 2,000 operations', async () => {
    const { inspector } = await madeRun({ operations: 2000 });
    const page = await openPage(inspector.url);
    await untilIt(page, () => timelineCount(page), (count) => count === 2000);
    await untilIt(page, () => textOf(page, 'dropped'), (text) => text === '2000 operations so far, all kept.');
  });

  it('says how many are not kept any more', async () => {
    const { inspector } = await madeRun({ operations: 2000 }, { maxBytes: 256 * 1024 });
    const page = await openPage(inspector.url);
    const text = await untilIt(page, () => textOf(page, 'dropped'), (shown) => /\d+ older operations are not here/.test(shown));
    const dropped = Number(/(\d+) older/.exec(text)?.[1]);
    expect(dropped + (await timelineCount(page))).toBe(2000);
    expect(dropped).toBeGreaterThan(500);
    expect(await textOf(page, 'training-id')).not.toBe('');
  });

  it('says that nothing happened yet', async () => {
    const { url } = await openInspector();
    const page = await openPage(url);
    await untilIt(page, () => textOf(page, 'connection'), (text) => text === 'live');
    expect(await textOf(page, 'service')).toBe('no service yet');
    await page.getByText('No service yet. One appears here').waitFor();
    await keepPicture(page, 'nothing-yet');
  });
});

/** Everything of a page that does not depend on when one looks. */
async function reading(page: Page) {
  return {
    training: await shownTraining(page),
    operations: await timelineCount(page),
    where: await textOf(page, 'where-number'),
    checkpoints: (await cellsOf(page, 'checkpoint-row')).map(([step, kind, path, , size]) => [step, kind, path, size]),
    sampling: await cellsOf(page, 'sampling-row'),
    errors: (await textsOf(page, 'error-row')).map((row) => row.replaceAll(/\d+ (s|min) ago|just now|\d+min \d+s ago|\d+s ago/g, '')),
    notices: await textsOf(page, 'notice-row'),
    metrics: await shownMetrics(page),
    session: [await textOf(page, 'session-state'), await textOf(page, 'heartbeats')],
    service: await textOf(page, 'service-url'),
    actors: (await textsOf(page, 'actor-row')).length,
  };
}

describe('a recorded run', () => {
  it('shows afterwards what was seen live', async () => {
    const file = join(await temporaryFolder(), 'run.jsonl');
    const { inspector, service, training } = await beginRun(server(), { watchers: [{ file }] });
    const live = await openPage(inspector.url);
    await train(training, 1, 5);
    await training.saveState('recorded');
    await training.saveState('recorded').then(undefined, () => undefined);
    const sampler = await training.saveWeightsAndGetSamplingClient();
    await sampler.sample({ prompt: [65, 66], samplingParams: { maxTokens: 4, seed: 1 } });
    await training.forward(batch(9), 'cross_entropy');
    await service.close();
    await untilIt(live, () => textOf(live, 'service'), (text) => text.includes('closed after'));

    const child = spawn(process.execPath, [command, 'inspect', file, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    afterwards(async () => {
      child.kill('SIGTERM');
      await ended;
    });
    const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
    const page = await openPage(/http:\/\/\S+/.exec(String(line))?.[0] ?? '');
    await untilIt(page, () => textOf(page, 'connection'), (text) => text === 'recordingrun.jsonl');
    const seen = await reading(live);
    expect(seen.operations).toBeGreaterThan(14);
    await untilShown(page, () => reading(page), () => seen);
    for (const button of ['copy-snapshot', 'pause', 'save', 'retry', 'skip']) expect(await page.getByTestId(button).count()).toBe(0);
    await keepPicture(page, 'recording');
  });
});
