import type { Clock } from './machines/environment.js';
import { toTinkerError } from './types/errors.js';

/**
 * A promise that its signal can end.
 * @param start its returned function is called when the promise is settled
 * @throws TinkerError the signal's reason
 */
export function abortable<A>(signal: AbortSignal, start: (resolve: (value: A) => void) => () => void): Promise<A> {
  return new Promise<A>((resolve, reject) => {
    let stop: (() => void) | undefined;
    let settled = false;
    const settle = (then: () => void) => {
      settled = true;
      signal.removeEventListener('abort', abort);
      stop?.();
      then();
    };
    const abort = () => settle(() => reject(toTinkerError(signal.reason, 'cancelled')));
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    stop = start((value) => settle(() => resolve(value)));
    // It may have come at once.
    if (settled) stop();
  });
}

/**
 * Waits.
 * @throws TinkerError the signal's reason
 */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return abortable<void>(signal, (resolve) => {
    const timer: unknown = clock.setTimeout(() => resolve(), ms);
    return () => clock.clearTimeout(timer);
  });
}

/**
 * Runs something that a signal of its own ends after a while, when its outcome is the given one instead.
 * @throws TinkerError the outer signal's reason
 */
export async function limited<A>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<A>,
  onTimeout: () => A,
): Promise<A> {
  const own = new AbortController();
  try {
    return await abortable<A>(signal, (resolve) => {
      const timer: unknown = clock.setTimeout(() => resolve(onTimeout()), ms);
      void run(own.signal).then(resolve);
      return () => clock.clearTimeout(timer);
    });
  } finally {
    own.abort();
  }
}
