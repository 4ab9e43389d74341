import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Work in steps of a few milliseconds. Whoever drives it may let others go in between: a body of many megabytes takes
 * seconds to write, in which heartbeats have to go out.
 */
export type Steps<A> = Generator<undefined, A, undefined>;

/** Does all of the work at once. */
export function atOnce<A>(steps: Steps<A>): A {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Does every step in a turn of the event loop of its own; work of one step is done at once. */
export async function oneEachTurn<A>(steps: Steps<A>): Promise<A> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await nextTurn();
  }
}
