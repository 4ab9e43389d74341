import type { OperationRecord, TrainingRecord } from '../../inspection/records.js';
import { seqIdText } from './queue-rows.js';

/** What a client that does not go on by itself waits for; undefined where it goes on. */
export function standstill(training: TrainingRecord, operations: readonly OperationRecord[]): string | undefined {
  const { state, paused } = training;
  if (state === 'wedged') {
    // A wedged operation is the only kind that has failed and is open.
    const wedged = operations.findLast(({ client, status, endedAt }) => client === training.key && status === 'failed' && endedAt === undefined);
    const decide = 'Nothing later is sent until that is decided: retry sends it again under the same numbers, skip leaves it behind and goes on.';
    return `${wedged === undefined ? 'The outcome of an operation is unknown.' : outcomeOf(wedged)} ${decide}`;
  }
  if (!paused || state === 'stopped') return undefined;
  if (state === 'paused') return 'Paused: nothing more is sent until it is resumed. The program may go on queueing.';
  return 'Pausing: what has begun finishes first, then nothing more is sent until it is resumed.';
}

function outcomeOf({ kind, seqIds, error }: OperationRecord): string {
  const numbers = seqIds === undefined || seqIds.length === 0 ? '' : ` (seq_id ${seqIdText(seqIds)})`;
  // The error says, too, what there is to decide.
  const why = error?.message.replace(/ Nothing after it is sent until you decide.*$/s, '');
  return `The outcome of ${kind}${numbers} is unknown${why === undefined ? '.' : `: ${why}`}`;
}
