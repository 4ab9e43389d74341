import { ProgramClock } from '../model/program-clock.js';
import { connection, hello, now, published, wallClock } from './state.js';

let clock = new ProgramClock();
let stoodAt: number | undefined;

/** Of another program, another clock. */
export function renewClock(): void {
  clock = new ProgramClock();
}

/** Takes a moment that the program told just now. */
export function programSays(at: number): void {
  clock.heard(at, Date.now());
}

/** The present moment by the program's clock: where a recording ends, where a lost connection ended. */
export function programNow(): number {
  const { newestAt } = published.peek().store;
  if (hello.peek()?.source === 'file') return newestAt;
  if (connection.peek().state !== 'lost') {
    stoodAt = undefined;
    return Math.max(clock.at(Date.now()), newestAt);
  }
  stoodAt ??= clock.at(Date.now());
  return stoodAt;
}

/** Moves the clocks that are shown on. */
export function tick(): void {
  wallClock.value = Date.now();
  now.value = programNow();
}

export function startClock(): void {
  tick();
  setInterval(tick, 1000);
}
