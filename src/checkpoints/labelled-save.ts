import * as E from 'fp-ts/lib/Either.js';
import type { Operation } from '../operation.js';
import type { Runtime } from '../service/runtime.js';
import type { TrainingCalls } from '../training/training-calls.js';
import type { SavedState } from '../training/training-options.js';
import { noResult, saveStateWork } from '../training/training-work.js';
import type { TrainingCheckpointPath } from '../types/ids.js';

/** A checkpoint that is named after the step that it holds. */
export interface StepCheckpoint extends SavedState {
  /** Its name on the server, such as `step-000120`. */
  readonly name: string;
  /** Optimizer steps that went into the weights: those of this client, and those before it that `firstStep` counts. */
  readonly step: number;
  /** The earliest moment at which the server may delete it; undefined where it is kept for good. */
  readonly expiresAt: Date | undefined;
}

/** What saving needs of a training client. */
export interface SavingClient {
  readonly runtime: Runtime;
  readonly calls: TrainingCalls;
  /** The checkpoint that the client began with. */
  readonly restoredFrom: string | undefined;
  /** Tells of a checkpoint as `saveState` does. */
  readonly noteSaved: (saved: SavedState, options: { readonly ttlSeconds?: number | undefined }) => void;
}

/** What a save asks for, once it is certain which step it holds. */
export interface LabelledRequest {
  readonly name: string;
  readonly ttlSeconds: number | undefined;
}

/**
 * Puts a save into the queue that is named when it is sent: a step before it may still be cancelled or
 * refused, and the name is to tell what it holds.
 * @param at asked once, with the step
 * @param saved makes its result of what was asked for and what came of it
 */
export function labelledSave<R extends LabelledRequest, A>(
  { calls, runtime, noteSaved }: SavingClient,
  firstStep: number,
  at: (step: number) => R,
  saved: (checkpoint: StepCheckpoint, request: R) => A,
): Operation<A> {
  const { wallNow = Date.now } = runtime.config.environment;
  let sent: { readonly asked: R; readonly step: number; readonly expiresAt: Date | undefined } | undefined;
  const request = () => {
    const step = firstStep + calls.actor.getSnapshot().context.optimSteps;
    const asked = at(step);
    const { name, ttlSeconds } = asked;
    // Counted from before it is sent: a warning may come too early, but not too late.
    sent = { asked, step, expiresAt: ttlSeconds === undefined ? undefined : new Date(wallNow() + ttlSeconds * 1000) };
    return { name, ttlSeconds, overwrite: false };
  };
  return calls.operate<{ readonly path: TrainingCheckpointPath }, A>({
    kind: 'saveState',
    options: {},
    prepare: () => saveStateWork(calls.sender, request),
    finish: ({ path }, { seqId, optimStepsBefore }) =>
      E.map(({ asked, step, expiresAt }: NonNullable<typeof sent>) => {
        const state: SavedState = { path, seqId, optimStepsBefore };
        noteSaved(state, asked);
        return saved({ ...state, name: asked.name, step, expiresAt }, asked);
      })(E.fromNullable(noResult('a save that was never sent'))(sent)),
  });
}
