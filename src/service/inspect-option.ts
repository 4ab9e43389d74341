import type { InspectionEvent } from 'xstate';
import { guardedObserver, type InspectionObserver } from '../calls/callbacks.js';
import { recordTo, type RecordingOptions } from '../inspection/recording.js';
import { isWatcher, type Watcher } from '../inspection/watcher.js';
import { environmentWatcher } from './environment-watcher.js';
import { invalid } from '../types/errors.js';

/**
 * Who looks at a service: an inspector's `inspect`, a recording (`{ file }`), any other watcher such as the one of
 * `tinkerjs/opentelemetry`, any xstate inspection observer or function, or several of them.
 */
export type InspectOption = InspectTarget | readonly InspectTarget[];
export type InspectTarget = Watcher | RecordingOptions | InspectionObserver;

/** The same, taken apart. */
export interface Inspection {
  /** Told of every event of the actors. */
  readonly observers: readonly ((event: InspectionEvent) => void)[];
  readonly watchers: readonly Watcher[];
}

const allowed =
  'what startInspector gives as inspect, { file }, a watcher, an xstate observer with a next function, a function, or an array of these';

/**
 * Reads the option and the environment: `TINKERJS_INSPECT` (`1`, `true`, `yes` or `on`) opens the inspector's page,
 * `TINKERJS_INSPECT_FILE` records to a file.
 * @throws TinkerError `validation`
 */
export function resolveInspect(given: unknown, env: Readonly<Record<string, string | undefined>>): Inspection {
  const targets: readonly unknown[] = Array.isArray(given) ? given : [given];
  const observers: ((event: InspectionEvent) => void)[] = [];
  const watchers: Watcher[] = [];
  for (const target of targets) {
    if (target === undefined) continue;
    const watcher = watcherOf(target);
    const observer = watcher === undefined ? guardedObserver(target) : undefined;
    if (watcher !== undefined) watchers.push(watcher);
    else if (observer !== undefined) observers.push(observer);
    else throw invalid('inspect', target, allowed);
  }
  const file = env['TINKERJS_INSPECT_FILE'] ?? '';
  if (file !== '') watchers.push(recordingNamed(file));
  if (/^(1|true|yes|on)$/i.test(env['TINKERJS_INSPECT'] ?? '')) watchers.push(environmentWatcher());
  return { observers, watchers };
}

/** The option of an actor for all of its observers; none where there are none, since xstate makes events for one that does nothing. */
export function inspectedBy(observers: Inspection['observers']): { readonly inspect?: (event: InspectionEvent) => void } {
  const [first, ...others] = observers;
  if (first === undefined) return {};
  if (others.length === 0) return { inspect: first };
  return {
    inspect: (event) => {
      for (const observe of observers) observe(event);
    },
  };
}

function watcherOf(target: unknown): Watcher | undefined {
  if (typeof target !== 'object' || target === null) return undefined;
  if (isWatcher(target)) return target;
  return isRecording(target) ? recordTo(target) : undefined;
}

/** @throws TinkerError `validation` naming the variable */
function recordingNamed(file: string): Watcher {
  try {
    return recordTo({ file });
  } catch {
    throw invalid('TINKERJS_INSPECT_FILE', file, 'the path of a file, not of a folder or a device');
  }
}

/** The rest is checked by the recording itself. */
function isRecording(target: object): target is RecordingOptions {
  return 'file' in target && typeof target.file === 'string';
}
