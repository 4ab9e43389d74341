import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { bytes } from '../../src/inspector/model/format.js';
import { valueText } from '../../src/inspector/model/metrics-text.js';
import { batch, train } from '../support/live-training.js';
import { keepPicture, openPage } from './support/browser.js';
import { cellsOf, expectedTraining, litStates, shownMetrics, shownQueue, shownTraining, textOf, timelineCount } from './support/reading.js';
import { beginRun, useServer, type Run } from './support/run.js';
import { untilIt, untilShown } from './support/waiting.js';

const server = useServer();
let run: Run;
let page: Page;
beforeEach(async () => {
  run = await beginRun(server());
  page = await openPage(run.inspector.url);
});

describe('a training run', () => {
  it('shows the client as it says of itself, from the first call to the last', async () => {
    const { training } = run;
    const agrees = () => untilShown(page, () => shownTraining(page), () => expectedTraining(training.getSnapshot()));
    await agrees();
    await train(training, 1, 3);
    await agrees();
    await training.saveState('browser');
    await agrees();
    const failed = await training.saveState('browser').then(undefined, (error: unknown) => error);
    expect(failed).toMatchObject({ kind: 'requestFailed' });
    await agrees();
    expect(await textOf(page, 'optim-steps')).toBe('3');
    expect(await textOf(page, 'error-row')).toContain('What to do');
    await untilIt(page, () => textOf(page, 'attention-item'), (text) => text.startsWith('1 failure'));
  });

  it('shows queue, numbers and what is on its way, in order', async () => {
    const { training } = run;
    await server().fault({ endpoint: 'retrieve_future', count: 1_000_000, action: 'paused', state: 'paused_rate_limit', reason: 'too many tokens' });
    const held = training.forwardBackward(batch(1), 'cross_entropy');
    await untilIt(page, () => shownQueue(page), (rows) => rows[0] === 'forwardBackward in flight 1');
    training.pause();
    const later = [training.optimStep({ learningRate: 0.01 }), training.forward(batch(2), 'cross_entropy'), training.saveState('later')];
    await untilShown(page, () => shownTraining(page), () => expectedTraining(training.getSnapshot()));
    expect((await shownTraining(page)).queue).toEqual(['forwardBackward in flight 1', 'optimStep waiting –', 'forward waiting –', 'saveState waiting –']);
    await untilIt(page, async () => await page.getByTestId('queue-row').first().textContent(), (row) => row?.includes('paused rate limit') === true);
    expect(await page.evaluate<number>("(([queue]) => queue.scrollWidth - queue.clientWidth)(document.querySelectorAll('.queue-scroll'))")).toBe(0);
    await keepPicture(page, 'queue');
    await server().clearFaults();
    training.resume();
    await Promise.all([held, ...later]);
    await untilShown(page, () => shownTraining(page), () => expectedTraining(training.getSnapshot()));
    expect(await page.getByTestId('queue-row').count()).toBe(0);
  });

  it('lights the present state and tells the last transition', async () => {
    const { training, gathered } = run;
    const last = page.getByTestId('panel-training').getByTestId('chart-last');
    const toldLast = () => gathered.newest('actor').find(({ machine }) => machine === 'training')?.recent.at(-1);
    const shownLast = async () => ({ event: await last.getAttribute('data-event'), from: await last.getAttribute('data-from'), to: await last.getAttribute('data-to') });
    const agrees = async () => {
      await untilShown(page, () => litStates(page), () => [training.getSnapshot().state]);
      await untilShown(page, shownLast, () => ({ event: toldLast()?.event ?? null, from: toldLast()?.from.join(' ') ?? null, to: toldLast()?.to.join(' ') ?? null }));
    };
    await train(training, 1, 2);
    await agrees();
    training.pause();
    await agrees();
    expect(await litStates(page)).toEqual(['paused']);
    expect(await shownLast()).toMatchObject({ from: 'idle', to: 'paused' });
    const hidden = await page.evaluate<number[]>(
      "[...document.querySelectorAll('#training .state-chart-scroll, #training .queue-scroll')].map((scroll) => scroll.scrollWidth - scroll.clientWidth)",
    );
    expect(hidden).toEqual([0, 0]);
    await keepPicture(page, 'paused-chart');
  });

  it('shows the checkpoints with their paths and sizes', async () => {
    const { service, training } = run;
    await train(training, 1, 2);
    const { path } = await training.saveState('two', { ttlSeconds: 3600 });
    await train(training, 3, 3);
    const sampler = await training.saveWeightsForSampler('three');
    const { checkpoints } = await service.createRestClient().listCheckpoints(training.modelId);
    const sizeOf = (wanted: string) => bytes(checkpoints.find(({ tinkerPath }) => tinkerPath === wanted)?.sizeBytes ?? Number.NaN).replaceAll('\u202f', '');
    const shown = async () => (await cellsOf(page, 'checkpoint-row')).map(([step, kind, at, , size]) => [step, kind, at, size]);
    await untilShown(page, shown, () => [
      ['3', 'sampler', sampler.path, sizeOf(sampler.path)],
      ['2', 'training', path, sizeOf(path)],
    ]);
    const [, two] = await cellsOf(page, 'checkpoint-row');
    expect(two?.[5]).toMatch(/^in \d/);
  });

  it('counts every call, and says whose the time was', async () => {
    const { training, gathered } = run;
    await train(training, 1, 4);
    const sampler = await training.saveWeightsAndGetSamplingClient();
    await Promise.all([1, 2, 3].map((seed) => sampler.sample({ prompt: [65, 66, 67], samplingParams: { maxTokens: 8, seed } })));
    await untilShown(page, () => timelineCount(page), () => gathered.newest('operation').length);
    expect(await timelineCount(page)).toBeGreaterThanOrEqual(12);
    expect(await textOf(page, 'where-number')).toMatch(/^(Server|Your program|Network|tinkerjs) \d+ %$/);
    await untilShown(page, async () => (await cellsOf(page, 'sampling-row')).map(([, state, waiting, active, done]) => [state, waiting, active, done]), () => [['idle', '0', '0', '3']]);
    await keepPicture(page, 'run');
  });

  it('draws the loss that the program got', async () => {
    const losses = await train(run.training, 1, 5);
    const shown = await untilIt(page, () => shownMetrics(page), (metrics) => metrics['loss:sum']?.endsWith('step 5') === true);
    expect(shown['loss:sum']).toBe(`${valueText(losses.at(-1))} at step 5`);
    const chart = page.locator('[data-testid="metric-chart"][data-metric="loss:sum"]');
    await chart.locator('summary').click();
    const cells = await chart.locator('tbody td').allTextContents();
    expect(cells).toEqual(losses.toReversed().map(valueText));
  });

  it('shows the session, and the service until it is closed', async () => {
    const { service, gathered } = run;
    await untilShown(page, () => textOf(page, 'session-state'), () => service.getSnapshot().session.state);
    const { sessionId } = service.getSnapshot().session;
    expect(await page.getByTestId('panel-session').locator('.path').getAttribute('title')).toBe(sessionId);
    expect(await textOf(page, 'heartbeats')).toBe(String(gathered.newest('service')[0]?.session.heartbeats));
    await service.close();
    await untilIt(page, () => textOf(page, 'service'), (text) => text.includes('closed after'));
    await untilShown(page, () => textOf(page, 'training-state'), () => 'stopped');
  });
});
