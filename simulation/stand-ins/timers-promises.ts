import { worldOfNow } from './world-of-now.js';

/** A turn of the schedule's event loop. */
export function setImmediate(): Promise<void> {
  return new Promise((resolve) => worldOfNow()?.time.soon(resolve));
}
