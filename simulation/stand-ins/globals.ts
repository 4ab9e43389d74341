/**
 * What the bundle of the simulation has instead of the globals that know time and chance: whoever asks for one, without the
 * environment that is given to it, gets the schedule's.
 */
import { worldOfNow } from './world-of-now.js';

function wallNow(): number {
  return worldOfNow()?.time.wallNow ?? 0;
}

function monotonicNow(): number {
  return worldOfNow()?.time.now ?? 0;
}

function random(): number {
  return worldOfNow()?.random() ?? 0;
}

function randomUuid(): string {
  return worldOfNow()?.uuid() ?? '00000000-0000-4000-8000-000000000000';
}

function soon(run: () => void): void {
  worldOfNow()?.time.soon(run);
}

function forbiddenTimer(): object {
  worldOfNow()?.onLeak('setTimeout');
  return { unref: () => undefined };
}

function keepAlive(): object {
  const handle = {};
  worldOfNow()?.intervals.add(handle);
  return handle;
}

function letGo(handle: object | undefined): void {
  if (handle !== undefined) worldOfNow()?.intervals.delete(handle);
}

function unheard(): void {
  return undefined;
}

export {
  unheard as 'console.warn',
  unheard as 'console.error',
  wallNow as 'Date.now',
  monotonicNow as 'performance.now',
  random as 'Math.random',
  randomUuid as 'globalThis.crypto.randomUUID',
  soon as 'setImmediate',
  forbiddenTimer as 'setTimeout',
  forbiddenTimer as 'globalThis.setTimeout',
  keepAlive as 'setInterval',
  keepAlive as 'globalThis.setInterval',
  letGo as 'globalThis.clearInterval',
};
