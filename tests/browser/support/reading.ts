import type { Page } from 'playwright-core';
import { seqIdText } from '../../../src/inspector/model/queue-rows.js';
import type { TrainingSnapshot } from '../../../src/training/training-snapshot.js';

/** A training client as far as a page shows it; numbers as people read them, without their thin spaces. */
export interface ShownTraining {
  readonly modelId: string;
  readonly state: string;
  readonly nextSeqId: string;
  readonly optimSteps: string;
  readonly waiting: string;
  readonly inFlight: string;
  readonly doneOfAccepted: string;
  readonly failed: string;
  readonly cancelled: string;
  readonly lastCheckpoint: string;
  /** Kind, stage and numbers of each row. */
  readonly queue: readonly string[];
}

export async function shownTraining(page: Page): Promise<ShownTraining> {
  const [doneOfAccepted = ''] = await page.locator('dd', { has: page.getByTestId('done') }).allTextContents();
  return {
    modelId: await textOf(page, 'training-id'),
    state: await textOf(page, 'training-state'),
    nextSeqId: await textOf(page, 'next-seq-id'),
    optimSteps: await textOf(page, 'optim-steps'),
    waiting: await textOf(page, 'queued'),
    inFlight: await textOf(page, 'in-flight'),
    doneOfAccepted: plain(doneOfAccepted).replaceAll(' ', ''),
    failed: await textOf(page, 'failed'),
    cancelled: await textOf(page, 'cancelled'),
    lastCheckpoint: await textOf(page, 'last-checkpoint'),
    queue: await shownQueue(page),
  };
}

/** What a page is to show of a client that says this of itself. */
export function expectedTraining(snapshot: TrainingSnapshot): ShownTraining {
  const { modelId, state, paused, nextSeqId, optimSteps, queue, sending, inFlight, counters, lastCheckpoint } = snapshot;
  const rows = [
    ...(sending === undefined ? [] : [{ ...sending, stage: 'sending' }]),
    ...inFlight.filter(({ id }) => id !== sending?.id).map(({ kind, seqIds }) => ({ kind, seqIds, stage: 'in flight' })),
    ...queue.map(({ kind }) => ({ kind, seqIds: [], stage: 'waiting' })),
  ];
  return {
    modelId,
    state: paused && state !== 'paused' && state !== 'stopped' ? `${state}, pausing` : state,
    nextSeqId: String(nextSeqId),
    optimSteps: String(optimSteps),
    waiting: String(queue.length),
    inFlight: String(inFlight.length),
    doneOfAccepted: `${counters.done}/${counters.accepted}`,
    failed: String(counters.failed),
    cancelled: String(counters.cancelled),
    lastCheckpoint: lastCheckpoint?.path ?? '',
    queue: rows.map(({ kind, stage, seqIds }) => `${kind} ${stage} ${seqIdText(seqIds) || '–'}`),
  };
}

/** Kind, stage and numbers of each row of the queue. */
export async function shownQueue(page: Page): Promise<readonly string[]> {
  const rows = await cellsOf(page, 'queue-row');
  return rows.map(([, kind = '', stage = '', seqIds = '']) => `${kind} ${stage.split(' · ')[0] ?? ''} ${seqIds}`);
}

/** The text of an element; empty where it is not there. */
export async function textOf(page: Page, testId: string): Promise<string> {
  const [text] = await textsOf(page, testId);
  return text ?? '';
}

/** The texts of all such elements. */
export async function textsOf(page: Page, testId: string): Promise<readonly string[]> {
  return (await page.getByTestId(testId).allTextContents()).map(plain);
}

/** The cells of each row of a table. */
export async function cellsOf(page: Page, testId: string): Promise<readonly (readonly string[])[]> {
  const cells = await page.evaluate<string[][]>(
    `[...document.querySelectorAll('tr[data-testid="${testId}"]')].map((row) => [...row.cells].map((cell) => cell.textContent))`,
  );
  return cells.map((row) => row.map(plain));
}

/** How many operations the timeline counts. */
export async function timelineCount(page: Page): Promise<number> {
  const text = await textOf(page, 'timeline-count');
  return Number(/^([\d,]+) operations?/.exec(text)?.[1]?.replaceAll(',', '') ?? Number.NaN);
}

/** The states of the training client's chart that are lit. */
export async function litStates(page: Page): Promise<readonly string[]> {
  return await page.evaluate<string[]>(
    `[...document.querySelectorAll('[data-testid="panel-training"] [data-testid="chart-state"][data-active="true"]')].map((state) => state.dataset.path)`,
  );
}

/** What charts of metrics say last, by the names of the metrics. */
export async function shownMetrics(page: Page): Promise<Readonly<Record<string, string>>> {
  return await page.evaluate<Record<string, string>>(
    `Object.fromEntries([...document.querySelectorAll('[data-testid="metric-chart"]')].map((chart) => [chart.dataset.metric, chart.querySelector('[data-testid="metric-last"]').dataset.last]))`,
  );
}

function plain(text: string): string {
  return text.replaceAll('\u202f', '').replaceAll(/\s+/g, ' ').trim();
}
