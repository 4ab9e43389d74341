import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { TrainingClient } from '../../src/index.js';
import { batch } from '../support/live-training.js';
import { keepPicture, openPage } from './support/browser.js';
import { expectedTraining, litStates, shownQueue, shownTraining, textOf } from './support/reading.js';
import { beginRun, useServer, type Run } from './support/run.js';
import { untilIt, untilShown } from './support/waiting.js';

const server = useServer();
const agrees = (page: Page, training: TrainingClient) => untilShown(page, () => shownTraining(page), () => expectedTraining(training.getSnapshot()));

/** A client that does not know whether the server has its first optimizer step, with a pass and a save behind that. */
async function wedgedRun(control: boolean) {
  const run = await beginRun(server(), { inspector: { control }, service: { requestDeadlineMs: 1000 } });
  await run.training.forwardBackward(batch(1), 'cross_entropy');
  await server().fault({ endpoint: 'optim_step', count: 1_000_000, action: 'dropAnswer' });
  const outcomes = [run.training.optimStep({ learningRate: 0.01 }), run.training.forward(batch(2), 'cross_entropy'), run.training.saveState('behind')].map((operation) =>
    operation.then(
      () => 'done',
      (error: unknown) => (error instanceof Error ? error.message : 'failed'),
    ),
  );
  const page = await openPage(run.inspector.url);
  await untilIt(page, () => textOf(page, 'training-state'), (state) => state === 'wedged');
  return { ...run, page, outcomes };
}

async function confirm(page: Page, action: 'retry' | 'skip'): Promise<void> {
  await page.getByTestId(action).click();
  await page.getByTestId('confirm-dialog').waitFor();
  await page.getByTestId(`confirm-${action}`).click();
}

/** The same JSON, compact, without what grows while one looks. */
function withoutAges(json: string): string {
  return JSON.stringify(JSON.parse(json), (key, value: unknown) => (key === 'silentMs' ? 'some' : value));
}

describe('a wedged client', () => {
  it('says what is unknown and what to do, and holds the rest', async () => {
    const { page, training } = await wedgedRun(false);
    await agrees(page, training);
    expect(await shownQueue(page)).toEqual(['optimStep sending 2', 'forward waiting –', 'saveState waiting –']);
    expect(await litStates(page)).toEqual(['wedged']);
    expect(await textOf(page, 'standstill')).toMatch(/The outcome of optimStep \(seq_id 2\) is unknown.*retry sends it again.*skip leaves it behind/);
    await untilIt(page, () => textOf(page, 'error-row'), (text) => text.includes(training.getSnapshot().lastError?.message ?? 'none') && text.includes('What to do Decide: retry()'));
    await untilIt(page, () => textOf(page, 'attention-item'), (text) => text.includes('is wedged'));
    await keepPicture(page, 'wedged');
  });

  it('cannot be decided where the program does not allow it', async () => {
    const { page, inspector } = await wedgedRun(false);
    await untilIt(page, () => textOf(page, 'control-hint'), (hint) => hint.includes('control: true'));
    for (const button of ['retry', 'skip', 'save', 'pause', 'resume']) expect(await page.getByTestId(button).count()).toBe(0);
    const answer = await page.request.post(`${inspector.url}/api/control`, { data: { service: 'any', client: 'any', action: 'skip' } });
    expect(answer.status()).toBe(403);
  });

  it('cannot be decided without the token of the address', async () => {
    const { page: withToken, inspector } = await wedgedRun(true);
    await withToken.getByTestId('retry').waitFor();
    const page = await openPage(new URL(inspector.url).origin);
    await untilIt(page, () => textOf(page, 'control-hint'), (hint) => hint.includes('#token='));
    expect(await page.getByTestId('retry').count()).toBe(0);
  });

  it('asks before it retries; then the queue goes on, and nothing is taken twice', async () => {
    const { page, training, outcomes } = await wedgedRun(true);
    await page.getByTestId('retry').click();
    await page.getByTestId('confirm-dialog').waitFor();
    await keepPicture(page, 'confirm-retry', { whole: false });
    await page.getByTestId('confirm-no').click();
    await page.getByTestId('confirm-dialog').waitFor({ state: 'detached' });
    expect(training.getSnapshot().state).toBe('wedged');
    await server().clearFaults();
    await confirm(page, 'retry');
    await untilIt(page, () => textOf(page, 'control-answer'), (text) => text === 'The same request is sent again.');
    expect((await Promise.all(outcomes)).slice(1)).toEqual(['done', 'done']);
    await agrees(page, training);
    const { optimSteps, nextSeqId, state } = training.getSnapshot();
    expect({ optimSteps, nextSeqId, state }).toEqual({ optimSteps: 1, nextSeqId: 5, state: 'idle' });
    const { operations } = await server().ledger(training.modelId);
    expect(operations.filter(({ kind }) => kind === 'optim_step')).toHaveLength(1);
  });

  it('asks before it skips; then the queue goes on with the next', async () => {
    const { page, training, outcomes } = await wedgedRun(true);
    await page.getByTestId('skip').click();
    await page.getByTestId('confirm-dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByTestId('confirm-dialog').waitFor({ state: 'detached' });
    expect(training.getSnapshot().state).toBe('wedged');
    await confirm(page, 'skip');
    const [step, ...others] = await Promise.all(outcomes);
    expect(others).toEqual(['done', 'done']);
    expect(step).not.toBe('done');
    await agrees(page, training);
    expect(await textOf(page, 'training-state')).toBe('idle');
    expect(await page.getByTestId('skip').count()).toBe(0);
  });
});

describe('the buttons', () => {
  const begin = async (): Promise<Run & { readonly page: Page }> => {
    const run = await beginRun(server(), { inspector: { control: true } });
    return { ...run, page: await openPage(run.inspector.url) };
  };

  it('pause, resume and save', async () => {
    const { page, training } = await begin();
    await page.getByTestId('pause').click();
    await untilIt(page, () => textOf(page, 'control-answer'), (text) => text.startsWith('Paused'));
    expect(training.getSnapshot()).toMatchObject({ paused: true, state: 'paused' });
    const pass = training.forwardBackward(batch(1), 'cross_entropy');
    await untilIt(page, () => shownQueue(page), (rows) => rows[0] === 'forwardBackward waiting –');
    await agrees(page, training);
    await page.getByTestId('resume').click();
    await pass;
    await agrees(page, training);
    expect(training.getSnapshot()).toMatchObject({ paused: false, state: 'idle' });
    await page.getByTestId('save').click();
    const saved = await untilIt(page, () => textOf(page, 'control-answer'), (text) => text.startsWith('Saved'));
    expect(saved).toBe(`Saved ${training.getSnapshot().lastCheckpoint?.path}.`);
    await agrees(page, training);
    await keepPicture(page, 'saved');
  });

  it('copy the snapshot that the program takes', async () => {
    const { page, service, training, gathered } = await begin();
    await page.getByTestId('copy-snapshot').click();
    await untilIt(page, () => textOf(page, 'copy-snapshot'), (text) => text === 'Copied');
    const copied = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(withoutAges(copied)).toBe(
      withoutAges(JSON.stringify({ services: { [gathered.service.id]: { service: service.getSnapshot(), trainings: { [training.modelId]: training.getSnapshot() }, samplings: {} } } })),
    );
    expect(copied).not.toContain(server().apiKey);
  });
});
