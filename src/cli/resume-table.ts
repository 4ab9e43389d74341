import Table from 'cli-table3';
import type { ResumeCheckReport } from '../checkpoints/resume-check.js';

/** The three ways of a resume check beside each other. */
export function resumeTable({ baseModel, uninterrupted, withOptimizer, weightsOnly }: Pick<ResumeCheckReport, 'baseModel' | 'uninterrupted' | 'withOptimizer' | 'weightsOnly'>): string {
  const table = new Table({
    head: [baseModel, 'loss before', 'loss after', 'off before', 'off after'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  const ways = [['uninterrupted', uninterrupted], ['resumed with optimizer', withOptimizer], ['resumed, weights only', weightsOnly]] as const;
  for (const [name, { lossBefore, lossAfter, distanceBefore, distanceAfter }] of ways) {
    table.push([name, lossBefore.toFixed(6), lossAfter.toFixed(6), short(distanceBefore), short(distanceAfter)]);
  }
  return `${table.toString()}\nBefore and after one probe step, in nats per token; off: how far from the uninterrupted one.`;
}

function short(distance: number): string {
  return distance === 0 ? '0' : distance.toPrecision(2);
}
