import type { StepCheckpoint } from './labelled-save.js';
import { guarded } from '../calls/callbacks.js';
import { Notices } from '../service/notices.js';
import { checkFunction } from '../service/check-settings.js';
import type { Runtime } from '../service/runtime.js';
import type { TinkerError } from '../types/errors.js';

/** A checkpoint that a schedule has saved. */
export interface ScheduledCheckpoint extends StepCheckpoint {
  /** Whether `keepEvery` keeps it: it is never deleted, and has no time to live. */
  readonly isPermanent: boolean;
}

/** Something that a schedule could not do; it tries again, and training goes on meanwhile. */
export interface CheckpointFailure {
  /** What failed. */
  readonly action: 'save' | 'delete';
  /** The checkpoint's name; undefined where the save was never sent. */
  readonly name: string | undefined;
  /** Why. After `promiseExpired`, `timeout` or `malformedResponse` the checkpoint may be there all the same. */
  readonly error: TinkerError;
  /** Milliseconds after which the next save may begin; undefined where no pause is kept. */
  readonly retryInMs: number | undefined;
}

/** What a schedule tells; what these functions throw goes to the console. */
export interface CheckpointCallbacks {
  /** Told of every checkpoint that the server has confirmed. */
  readonly onSaved?: ((checkpoint: ScheduledCheckpoint) => void) | undefined;
  /** Told of every checkpoint that was deleted, since newer ones are there. */
  readonly onDeleted?: ((checkpoint: ScheduledCheckpoint) => void) | undefined;
  /** Told of every failure; default: the service's `onError` is. */
  readonly onFailed?: ((failure: CheckpointFailure) => void) | undefined;
  /**
   * Told once when the newest checkpoint is about to be deleted by its time to live: when a quarter of that
   * is left, at most a day; default: a line on the console.
   */
  readonly onExpiring?: ((checkpoint: ScheduledCheckpoint) => void) | undefined;
}

/** The callbacks of a schedule, each with its default. */
export interface CheckpointNews {
  readonly saved: (checkpoint: ScheduledCheckpoint) => void;
  readonly deleted: (checkpoint: ScheduledCheckpoint) => void;
  readonly failed: (failure: CheckpointFailure) => void;
  readonly expiring: (checkpoint: ScheduledCheckpoint) => void;
}

/**
 * Checks the callbacks, and fills their defaults in.
 * @throws TinkerError `validation`
 */
export function checkpointNews(callbacks: CheckpointCallbacks, { config: { environment, onError } }: Runtime): CheckpointNews {
  const own = <A>(name: keyof CheckpointCallbacks, callback: ((told: A) => void) | undefined) => guarded(name, checkFunction(name, callback));
  const silent = () => undefined;
  const notices = new Notices(environment);
  return {
    saved: own('onSaved', callbacks.onSaved) ?? silent,
    deleted: own('onDeleted', callbacks.onDeleted) ?? silent,
    failed: own('onFailed', callbacks.onFailed) ?? (({ error }) => onError(error)),
    expiring:
      own('onExpiring', callbacks.onExpiring) ??
      (({ path, expiresAt }) => notices.warn(path, `${path} is the newest checkpoint and expires ${String(expiresAt?.toISOString())}`)),
  };
}
