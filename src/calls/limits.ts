import type { Clock } from '../machines/environment.js';

/** When a wait is over, whatever it waits for. */
interface Limits {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

interface Watch {
  readonly runs: Set<() => void>;
  readonly stop: () => void;
}

// Node runs a timer that is longer at once.
const longestTimer = 2 ** 31 - 1;
const watches = new WeakMap<AbortSignal, Watch>();

/** Calls back when a limit is reached, until the returned function is called. A time of more than 24 days is no limit. */
export function watchLimits(
  { signal, timeoutMs = Infinity }: Limits,
  clock: Clock,
  reached: { readonly abort: () => void; readonly timeout: (timeoutMs: number) => void },
): () => void {
  const letGo = signal === undefined ? undefined : onAbort(signal, () => reached.abort());
  const timer: unknown = timeoutMs > longestTimer ? undefined : clock.setTimeout(() => reached.timeout(timeoutMs), timeoutMs);
  return () => {
    letGo?.();
    if (timer !== undefined) clock.clearTimeout(timer);
  };
}

/**
 * One listener for all who watch a signal: callers limit hundreds of calls with one, and Node warns of a
 * leak from the eleventh listener on.
 */
function onAbort(signal: AbortSignal, run: () => void): () => void {
  const { runs, stop } = watches.get(signal) ?? begin(signal);
  runs.add(run);
  return () => {
    runs.delete(run);
    if (runs.size === 0) stop();
  };
}

function begin(signal: AbortSignal): Watch {
  const runs = new Set<() => void>();
  const abort = () => {
    for (const run of [...runs]) run();
  };
  const stop = () => {
    signal.removeEventListener('abort', abort);
    watches.delete(signal);
  };
  const watch = { runs, stop };
  signal.addEventListener('abort', abort, { once: true });
  watches.set(signal, watch);
  return watch;
}
