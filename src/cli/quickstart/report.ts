import { relative } from 'node:path';
import type { Experiment, Measured } from './run.js';
import { renderTable, rowsOf } from './table.js';
import { renderChart } from './terminal-chart.js';
import type { Verdict } from './verdict.js';

/** Files that the quickstart leaves behind. */
export interface Files {
  readonly chart: string;
  /** Absent when the server was not ours. */
  readonly serverData?: string;
}

// The legend and the table need about this much; beyond the other the curves only get flatter.
const narrowest = 72;
const widest = 110;

/** How the text report is to look. */
export interface Look {
  readonly columns: number;
  readonly color: boolean;
  /** Paths are shown relative to it. */
  readonly directory: string;
}

/** One line on what is trained and how. */
export function describeExperiment(experiment: Experiment): string {
  const { baseModel, rank, steps, batchSize, sequenceLength, learningRate, seed } = experiment;
  return `${baseModel}, LoRA rank ${rank}, ${steps} steps of ${batchSize} × ${sequenceLength} tokens, `
    + `learning rate ${learningRate}, seed ${seed}`;
}

/** Chart, table, files, times. */
export function textReport(measured: Measured, files: Files, look: Look): string {
  const { plan, curves, timings } = measured;
  const columns = Math.min(Math.max(look.columns, narrowest), widest);
  const total = timings.reduce((sum, { seconds }) => sum + seconds, 0);
  const path = (file: string): string => relative(look.directory, file) || '.';
  return [
    renderChart(curves, plan, { columns, rows: 28 }, look.color),
    '',
    renderTable(rowsOf(curves, plan), plan, look.color),
    '= is the same floating-point number, ≠ is not. The first step after a resume is',
    'always equal: it has the same weights, and only what the optimizer then makes of',
    'its gradient depends on the optimizer state.',
    '',
    `Chart        ${path(files.chart)}`,
    ...(files.serverData === undefined ? [] : [`Server data  ${path(files.serverData)}`]),
    `Checkpoint   ${measured.checkpoint}`,
    '',
    ...timings.map(({ part, seconds }) => `${seconds.toFixed(1).padStart(6)} s  ${part}`),
    `${total.toFixed(1).padStart(6)} s  in all`,
  ].join('\n');
}

/** The same as one JSON document. */
export function jsonReport(experiment: Experiment, measured: Measured, files: Files, verdict: Verdict, server: string): string {
  const { plan, curves, checkpoint, timings } = measured;
  return JSON.stringify({ config: { server, ...experiment, plan }, curves, verdict, checkpoint, timings, files }, undefined, 2);
}
