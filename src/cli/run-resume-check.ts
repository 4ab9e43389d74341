import { modelAt } from './base-model.js';
import { paint, wantsColor } from './paint.js';
import { progressBar } from './progress.js';
import { resumeTable } from './resume-table.js';
import { resumeCheck, type ResumeCheckReport } from '../checkpoints/resume-check.js';
import { ServiceClient, TinkerError } from '../index.js';

/** What commander hands over, defaults filled in. */
export interface ResumeCheckFlags {
  readonly baseUrl?: string;
  readonly apiKey?: string;
  readonly baseModel?: string;
  readonly rank: number;
  readonly learningRate: number;
  readonly steps: number;
  readonly timeLimit: number;
  readonly json: boolean;
}

const usageExitCode = 2;
const signals = ['SIGINT', 'SIGTERM'] as const;

/** Runs the check; gives the exit code: 0 when the optimizer state came back, 2 for a bad option, else 1. */
export async function runResumeCheck(flags: ResumeCheckFlags): Promise<number> {
  const bar = progressBar(process.stderr);
  // What was made is to be removed again, also when nobody wants to wait.
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  for (const signal of signals) process.once(signal, stop);
  try {
    const report = await check(flags, stopped.signal, bar.show);
    bar.end();
    console.log(flags.json ? JSON.stringify(report) : written(report));
    return report.holds ? 0 : 1;
  } catch (thrown) {
    bar.end();
    console.error(`tinkerjs resume-check: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    return thrown instanceof TinkerError && thrown.kind === 'validation' ? usageExitCode : 1;
  } finally {
    for (const signal of signals) process.removeListener(signal, stop);
  }
}

async function check(
  { baseUrl, apiKey, baseModel: asked, rank, learningRate, steps: firstSteps, timeLimit }: ResumeCheckFlags,
  signal: AbortSignal,
  onProgress: ReturnType<typeof progressBar>['show'],
): Promise<ResumeCheckReport> {
  const baseModel = await modelAt({ url: baseUrl, apiKey }, asked, { url: '--base-url', model: '--base-model' });
  const service = new ServiceClient({ baseUrl, apiKey });
  try {
    return await resumeCheck({ service, baseModel, rank, learningRate, firstSteps, timeoutMs: timeLimit * 1000, signal, onProgress });
  } finally {
    await service.close();
  }
}

function written(report: ResumeCheckReport): string {
  const { text, holds, leftBehind } = report;
  const left = leftBehind.length === 0 ? [] : [`Left behind, since the server did not remove it: ${leftBehind.join(', ')}`];
  return [resumeTable(report), '', paint(text, holds ? 'green' : 'red', wantsColor(process.stdout, process.env)), ...left].join('\n');
}
