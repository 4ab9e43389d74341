import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Lets whoever comes go one after the other, each in a turn of the event loop of its own: what one has
 * written is on its way, and often taken, before the next writes.
 */
export function inTurns(): <A>(write: () => Promise<A>) => Promise<A> {
  let last: Promise<unknown> = Promise.resolve();
  return (write) => {
    const mine = last.then(() => nextTurn()).then(write);
    last = mine.catch(() => undefined);
    return mine;
  };
}
