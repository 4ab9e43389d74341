import type { CheckpointRecord } from '../../inspection/records.js';
import { ago, wholeDuration } from './format.js';
import type { Standing } from './tones.js';

const hour = 3_600_000;

/** When a checkpoint expires: a warning in the last six hours, and an alarm in the last one or once it is over. */
export function expiryStanding({ expiresAt }: Pick<CheckpointRecord, 'expiresAt'>, now: number): Standing {
  if (expiresAt === undefined) return { tone: 'idle', words: 'never' };
  const left = expiresAt - now;
  if (left <= 0) return { tone: 'bad', words: `expired ${ago(expiresAt, now)}` };
  const words = `in ${wholeDuration(left)}`;
  if (left < hour) return { tone: 'bad', words };
  return { tone: left < 6 * hour ? 'warn' : 'idle', words };
}

/** Newest first. */
export function checkpointsNewestFirst(checkpoints: readonly CheckpointRecord[]): CheckpointRecord[] {
  return checkpoints.toSorted((a, b) => b.savedAt - a.savedAt || b.step - a.step);
}
