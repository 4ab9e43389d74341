import type { CheckpointCallbacks } from './checkpoint-news.js';
import type { SaveTimes } from './save-plan.js';
import { checkLabelName, stepOfPath } from './step-label.js';
import { checkOptions, orThrow } from '../calls/check-options.js';
import { invalid, TinkerError } from '../types/errors.js';
import { checkTtlSeconds } from '../types/ids.js';

/** When checkpoints are saved and which of them are kept. `everySteps` or `everyMinutes` is needed. */
export interface CheckpointOptions extends CheckpointCallbacks {
  /** Saves after each optimizer step whose number is a multiple of this; 1 or more. */
  readonly everySteps?: number | undefined;
  /** Saves after the first optimizer step that is called when so many minutes are over since the last save; above 0, at most 525,600. */
  readonly everyMinutes?: number | undefined;
  /** How many of the newest checkpoints of this schedule are kept; 1 or more. Default: all are. */
  readonly keepLast?: number | undefined;
  /**
   * Steps of which the checkpoint is kept for good, beside those of `keepLast` and without a time to live:
   * the first that is saved at each multiple of this, or after it. Default: none.
   */
  readonly keepEvery?: number | undefined;
  /** Whole seconds, 1 to 3,153,600,000, after which the server deletes a checkpoint; kept when absent. */
  readonly ttlSeconds?: number | undefined;
  /** What the names begin with: `step`, the default, gives `step-000120`. At most 200 characters. */
  readonly name?: string | undefined;
  /**
   * Optimizer steps that were in the weights when this client was made. Default: the step in the name of the
   * checkpoint that the client was restored from, where that is NAME-000120 with this `name`, `step` or
   * `signal`; else 0.
   */
  readonly firstStep?: number | undefined;
}

/** The same once checked. */
export interface CheckpointSettings extends SaveTimes {
  readonly keepLast: number;
  readonly keepEvery: number;
  readonly ttlSeconds: number | undefined;
  readonly name: string;
  readonly firstStep: number;
}

/** What names begin with where the user says nothing else. */
export const scheduleName = 'step';
export const signalName = 'signal';

const names: readonly string[] = [
  ...['everySteps', 'everyMinutes', 'keepLast', 'keepEvery', 'ttlSeconds', 'name', 'firstStep'],
  ...['onSaved', 'onDeleted', 'onFailed', 'onExpiring'],
];
const msPerMinute = 60_000;
const longestMinutes = 525_600;

/** @throws TinkerError `validation` naming the option, what was given and what is allowed */
export function checkCheckpointOptions(options: CheckpointOptions, restoredFrom: string | undefined): CheckpointSettings {
  checkOptions(options, names);
  const { everySteps, everyMinutes, keepLast, keepEvery, ttlSeconds } = options;
  if (everySteps === undefined && everyMinutes === undefined) {
    const message = 'everySteps: got neither everySteps nor everyMinutes, expected at least one of them: without, nothing is ever saved';
    throw new TinkerError('validation', message, { field: 'everySteps' });
  }
  const name = checkLabelName(options.name, scheduleName);
  return {
    everySteps: checkWhole('everySteps', everySteps, 1),
    everyMs: checkMinutes(everyMinutes),
    keepLast: checkWhole('keepLast', keepLast, 1) ?? Infinity,
    keepEvery: checkWhole('keepEvery', keepEvery, 1) ?? Infinity,
    ttlSeconds: orThrow(checkTtlSeconds(ttlSeconds)),
    name,
    firstStep: checkFirstStep(options.firstStep, name, restoredFrom),
  };
}

/** @throws TinkerError `validation` */
export function checkFirstStep(firstStep: number | undefined, name: string, restoredFrom: string | undefined): number {
  const given = checkWhole('firstStep', firstStep, 0);
  if (given !== undefined) return given;
  const known = restoredFrom === undefined ? undefined : stepOfPath(restoredFrom, [name, scheduleName, signalName]);
  return known ?? 0;
}

function checkWhole(field: string, value: number | undefined, least: number): number | undefined {
  if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value) && value >= least)) return value;
  throw invalid(field, value, `a whole number, ${least} or more`);
}

function checkMinutes(value: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value > 0 && value <= longestMinutes) return value * msPerMinute;
  throw invalid('everyMinutes', value, `a number of minutes above 0, at most ${longestMinutes}`);
}
