import type { Stop, VirtualTime } from './world/virtual-time.js';

/** How long, and how many events, a part of a schedule may take. */
export const scheduleLimits = { until: 14 * 86_400_000, events: 30_000 };

/** Lets time pass until a promise is settled; why it never will, where it does not. */
export async function until(time: VirtualTime, start: () => Promise<void>): Promise<Exclude<Stop, 'done'> | undefined> {
  let isDone = false;
  const failures: unknown[] = [];
  start().then(
    () => {
      isDone = true;
    },
    (thrown: unknown) => {
      failures.push(thrown);
      isDone = true;
    },
  );
  const stop = await time.run(() => isDone, scheduleLimits);
  for (const thrown of failures) throw thrown;
  return stop === 'done' ? undefined : stop;
}
