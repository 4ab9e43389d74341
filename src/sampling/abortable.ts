import type { Clock } from '../machines/environment.js';
import { toTinkerError } from '../types/errors.js';
import { Stop, type StopSignal } from '../types/stop.js';

/**
 * A promise that its signal can end.
 * @param start its returned function is called at the moment in which the promise is settled
 * @throws TinkerError the signal's reason
 */
export function abortable<A>(signal: StopSignal, start: (resolve: (value: A) => void) => () => void): Promise<A> {
  return new Promise<A>((resolve, reject) => {
    let end = nothing;
    const settle = () => {
      signal.removeEventListener('abort', abort);
      const ends = end;
      end = nothing;
      ends();
    };
    const abort = () => {
      settle();
      reject(toTinkerError(signal.reason, 'cancelled'));
    };
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    end = start((value) => {
      settle();
      resolve(value);
    });
  });
}

function nothing(): void {
  return undefined;
}

/**
 * Waits.
 * @throws TinkerError the signal's reason
 */
export function sleep(clock: Clock, ms: number, signal: StopSignal): Promise<undefined> {
  return abortable(signal, (resolve) => {
    const timer: unknown = clock.setTimeout(() => resolve(undefined), ms);
    return () => clock.clearTimeout(timer);
  });
}

/**
 * Runs something that a signal of its own ends after a while, when its outcome is the given one instead.
 * @throws TinkerError the outer signal's reason
 */
export function limited<A>(
  clock: Clock,
  ms: number,
  signal: StopSignal,
  run: (signal: StopSignal) => Promise<A>,
  onTimeout: () => A,
): Promise<A> {
  return abortable(signal, (resolve) => {
    const own = new Stop();
    let isOver = false;
    const timer: unknown = clock.setTimeout(() => resolve(onTimeout()), ms);
    void run(own).then((outcome) => {
      isOver = true;
      resolve(outcome);
    });
    return () => {
      clock.clearTimeout(timer);
      if (!isOver) own.abort();
    };
  });
}
