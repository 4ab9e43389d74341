import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

/** What the trainer reports, one JSON object a line. */
const TrainerEvent = t.union([
  t.strict({ event: t.literal('step'), step: t.number, loss: t.number }),
  t.strict({ event: t.literal('saved'), step: t.number, path: t.string }),
], 'TrainerEvent');
export type TrainerEvent = t.TypeOf<typeof TrainerEvent>;

/**
 * Reads one line of the trainer's output.
 * @throws Error when it is none of the events, with the line
 */
export function readTrainerEvent(line: string): TrainerEvent {
  const event = TrainerEvent.decode(parseJson(line));
  if (E.isRight(event)) return event.right;
  // JSON writes numbers that are not finite as null.
  const diverged = /"event":"step".*"loss":null/.test(line);
  throw new Error(diverged
    ? 'the loss is no longer a finite number: training diverged. Try a lower --learning-rate'
    : `the trainer wrote something unexpected: ${line.slice(0, 200)}`);
}

/** The value of a line of JSON, or undefined. */
export function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
