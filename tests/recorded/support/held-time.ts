import { realEnvironment, type Environment } from '../../../src/machines/environment.js';

/** Real time, but for what waits ten seconds: heartbeats and telemetry wait until they are let go. */
export interface HeldTime {
  readonly environment: Environment;
  /** Lets ten seconds pass, for those that are waiting at this moment. */
  readonly pass: () => void;
}

const heldMs = 10_000;

/** @param hurried whether shorter pauses, such as those before trying again, pass at once */
export function heldTime(hurried: boolean): HeldTime {
  const held = new Map<object, () => void>();
  const { clock } = realEnvironment;
  return {
    environment: {
      ...realEnvironment,
      clock: {
        setTimeout: (run: () => void, ms: number): unknown => {
          if (ms !== heldMs) return clock.setTimeout(run, hurried && ms < heldMs ? 0 : ms);
          const timer = {};
          held.set(timer, run);
          return timer;
        },
        clearTimeout: (timer: object) => {
          if (!held.delete(timer)) clock.clearTimeout(timer);
        },
      },
    },
    pass: () => {
      const waiting = [...held.values()];
      held.clear();
      for (const run of waiting) run();
    },
  };
}
