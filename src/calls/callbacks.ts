import type { InspectionEvent, Observer } from 'xstate';
import { isRecord } from '../types/check.js';
import { messageOf, type TinkerError } from '../types/errors.js';

/** What xstate's `inspect` option takes. */
export type InspectionObserver = Observer<InspectionEvent> | ((event: InspectionEvent) => void);

/** A callback of the caller's, whose own exceptions must not end the process; undefined stays undefined. */
export function guarded<A>(name: string, callback: ((told: A) => void) | undefined): ((told: A) => void) | undefined {
  if (callback === undefined) return undefined;
  return (told) => {
    try {
      callback(told);
    } catch (thrown) {
      console.error(`tinkerjs: ${name} threw: ${messageOf(thrown)}`);
    }
  };
}

/** The caller's `onError`, whose own exceptions must not end the process. */
export function guardedOnError(onError: (error: TinkerError) => void): (error: TinkerError) => void {
  return (error) => {
    try {
      onError(error);
    } catch (thrown) {
      console.error(`tinkerjs: onError threw: ${messageOf(thrown)}; it was told of: ${error.message}`);
    }
  };
}

/**
 * The caller's observer, which must not be able to break what it looks at: once it has thrown it is
 * told nothing more. Undefined when it is neither a function nor an observer.
 */
export function guardedObserver(inspect: unknown): ((event: InspectionEvent) => void) | undefined {
  const observe = observerOf(inspect);
  if (observe === undefined) return undefined;
  let broken = false;
  return (event) => {
    if (broken) return;
    try {
      observe(event);
    } catch (thrown) {
      broken = true;
      console.error(`tinkerjs: the inspect observer threw and is told nothing more: ${messageOf(thrown)}`);
    }
  };
}

function observerOf(inspect: unknown): ((event: InspectionEvent) => unknown) | undefined {
  if (isCallable(inspect)) return inspect;
  if (isRecord(inspect)) {
    const { next } = inspect;
    if (isCallable(next)) return (event) => next.call(inspect, event);
  }
  return undefined;
}

function isCallable(value: unknown): value is (this: unknown, event: InspectionEvent) => unknown {
  return typeof value === 'function';
}
