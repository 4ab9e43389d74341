import type { EventObject } from 'xstate';
import { TinkerError, type TinkerErrorKind } from '../../src/types/errors.js';
import { held } from './explore.js';

/** An error as the transport gives it. */
export function failure(kind: TinkerErrorKind, status?: number): TinkerError {
  return new TinkerError(kind, `${kind} ${String(status)}`, { status });
}

/** What xstate says when an invoked task has ended. */
export function doneOf(id: string, output: unknown): { readonly type: string; readonly output: unknown } {
  return { type: `xstate.done.actor.${id}`, output };
}

/** The events of one type, with all of their fields. */
export function ofType(events: readonly EventObject[], type: string): readonly Readonly<Record<string, unknown>>[] {
  return events.filter((event) => event.type === type).map((event) => ({ ...event }));
}

/** The sum of what is told at the end of a path: exactly one end, and nothing after it. */
export function countedEnds(before: number, told: readonly EventObject[], type: string): number {
  held(before === 0 || told.length === 0, 'it tells something after its end');
  const ends = before + ofType(told, type).length;
  held(ends <= 1, 'it tells more than one end');
  return ends;
}
