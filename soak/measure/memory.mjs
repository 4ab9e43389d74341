import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { setImmediate as turn } from 'node:timers/promises';

setFlagsFromString('--expose-gc');
/** @type {() => void} */
const collect = runInNewContext('gc');

/** Collects until there is nothing more to collect: what ends in a finalizer takes more than one round. */
export async function collectGarbage() {
  for (let round = 0; round < 4; round += 1) {
    collect();
    await turn();
  }
}

/** Memory in bytes. */
export function memory() {
  const { heapUsed, rss, external, arrayBuffers } = process.memoryUsage();
  return { heapUsed, rss, external, arrayBuffers };
}
