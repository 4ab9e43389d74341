import type { Timers } from '../../src/inspector/timers.js';
import { ManualClock } from '../support/manual-clock.js';

/** Time that stands still until it is told to go on. */
export class ManualTimers implements Timers {
  readonly clock = new ManualClock(1_000_000);

  now(): number {
    return this.clock.now();
  }

  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const callOff = this.clock.after(ms, resolve);
      signal.addEventListener('abort', () => {
        callOff();
        resolve();
      });
    });
  }
}
