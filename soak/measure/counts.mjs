import { getEventListeners } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';

/**
 * What is alive in this process at one moment, by kind. Parts of the client that tell nobody how much they hold are
 * listened to from outside: a soak must not change what it looks at.
 */

/** @typedef {import('../internals.mjs').Internals} Internals */

/** @param {Pick<Internals, 'WorkTable' | 'KeepAlive' | 'Waiting' | 'StateNode' | 'Actor'>} internals */
export function watchInternals({ WorkTable, KeepAlive, Waiting, StateNode, Actor }) {
  const work = openOf(WorkTable);
  let holds = 0;
  const { hold } = KeepAlive.prototype;
  /** @this {InstanceType<typeof KeepAlive>} */
  KeepAlive.prototype.hold = function () {
    const release = Reflect.apply(hold, this, []);
    let isHeld = true;
    holds += 1;
    return () => {
      if (isHeld) holds -= 1;
      isHeld = false;
      release();
    };
  };
  let waiting = 0;
  /** @type {(key: string, start: (resolve: (value: unknown) => void) => void) => Promise<unknown>} */
  const settled = Waiting.prototype.settled;
  Object.assign(Waiting.prototype, {
    /** @this {object} @param {Parameters<typeof settled>} given */
    settled: async function (...given) {
      waiting += 1;
      try {
        return await Reflect.apply(settled, this, given);
      } finally {
        waiting -= 1;
      }
    },
  });
  // xstate keeps what it has found out for every type of event, by the type, for as long as the machine lives.
  const types = new Set();
  /** @type {(snapshot: unknown, event: { type: string }) => unknown} */
  const next = Reflect.get(StateNode.prototype, 'next');
  if (typeof next !== 'function') throw new Error('xstate finds transitions in another way now');
  /** @this {{ id: string }} @param {Parameters<typeof next>} given */
  const noted = function (...given) {
    types.add(`${this.id} ${given[1].type}`);
    return Reflect.apply(next, this, given);
  };
  Reflect.set(StateNode.prototype, 'next', noted);
  // Actors that were started and are still held by something, whether they run or not.
  let actorObjects = 0;
  const collected = new FinalizationRegistry(() => {
    actorObjects -= 1;
  });
  const { start } = Actor.prototype;
  Actor.prototype.start = function () {
    actorObjects += 1;
    collected.register(this, undefined);
    return Reflect.apply(start, this, []);
  };
  return {
    counts: () => ({
      work: work(),
      keepAlive: holds,
      waiting,
      eventTypes: types.size,
      actorObjects,
    }),
    eventTypes: types,
  };
}

/**
 * How many entries all tables of a class hold that are still used.
 * @param {Internals['WorkTable']} Table
 */
function openOf(Table) {
  /** @type {Set<WeakRef<InstanceType<Internals['WorkTable']>>>} */
  const tables = new Set();
  const known = new WeakSet();
  const { add } = Table.prototype;
  /** @this {InstanceType<Internals['WorkTable']>} @param {Parameters<typeof add>} given */
  Table.prototype.add = function (...given) {
    if (!known.has(this)) tables.add(new WeakRef(this));
    known.add(this);
    Reflect.apply(add, this, given);
  };
  return () => {
    let open = 0;
    for (const table of tables) {
      const found = table.deref();
      if (found === undefined) tables.delete(table);
      else open += found.size;
    }
    return open;
  };
}

/**
 * Actors under one, itself included.
 * @param {{ getSnapshot(): unknown }} actor
 * @returns {number}
 */
export function actorsUnder(actor) {
  const snapshot = actor.getSnapshot();
  if (typeof snapshot !== 'object' || snapshot === null || !('children' in snapshot)) return 1;
  const { children } = snapshot;
  return Object.values(children ?? {}).reduce((sum, child) => sum + (child === undefined ? 0 : actorsUnder(child)), 1);
}

/** @param {AbortSignal} signal */
export function listenersOn(signal) {
  return getEventListeners(signal, 'abort').length;
}

/** Listeners on the process, of every event. */
export function processListeners() {
  return process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
}

/** What keeps Node running, by kind. */
export function resources() {
  /** @type {Record<string, number>} */
  const found = {};
  for (const kind of process.getActiveResourcesInfo()) found[kind] = (found[kind] ?? 0) + 1;
  return found;
}

/**
 * Open file handles, and how many of them are sockets: Node's own list leaves out those that do not keep it running.
 * Nothing where the system does not list them.
 * @returns {{ fileHandles: number, sockets: number } | undefined}
 */
export function handles() {
  try {
    const targets = readdirSync('/proc/self/fd').map(targetOf);
    return { fileHandles: targets.length, sockets: targets.filter((target) => target.startsWith('socket:')).length };
  } catch {
    return undefined;
  }
}

/** @param {string} fd */
function targetOf(fd) {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    // The one through which they were listed is closed again.
    return '';
  }
}
