/** What is measured of one run, by the same rules for every program in this folder. */
import { existsSync, readFileSync } from 'node:fs';

/** @typedef {{ seconds: number, cpuSeconds: number }} Span */

/**
 * Time and CPU time of some work. When `BENCH_PROFILE` names a file, a profile of it is written there, which costs
 * time of its own.
 * @param {() => Promise<unknown>} run
 * @returns {Promise<Span>}
 */
export async function span(run) {
  if (process.env['BENCH_PROFILE'] !== undefined) {
    const { profiled } = await import('./profile.mjs');
    return profiled(() => timed(run));
  }
  return timed(run);
}

/** @param {() => Promise<unknown>} run @returns {Promise<Span>} */
async function timed(run) {
  const cpu = process.cpuUsage();
  const from = performance.now();
  await run();
  const seconds = (performance.now() - from) / 1000;
  return { seconds, cpuSeconds: cpuSeconds(cpu) };
}

/**
 * From the start of the process until now. The driver says when it started us, in `BENCH_SPAWNED_AT`; else it is
 * taken to be when Node began.
 * @returns {Span}
 */
export function sinceStart() {
  const spawnedAt = Number(process.env['BENCH_SPAWNED_AT'] ?? performance.timeOrigin);
  return { seconds: (performance.timeOrigin + performance.now() - spawnedAt) / 1000, cpuSeconds: cpuSeconds() };
}

/** @param {NodeJS.CpuUsage} [since] */
function cpuSeconds(since) {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

/** Memory at this moment, in MB of 10^6 bytes. */
export function memory() {
  const { rss, heapUsed } = process.memoryUsage();
  return { rssMB: rss / 1e6, heapUsedMB: heapUsed / 1e6 };
}

/**
 * Prints the one line that the driver reads.
 * @param {{ case: string, client: string, operations: number } & Span} result
 * @param {Record<string, unknown>} [extra]
 */
export function report(result, extra = {}) {
  process.stdout.write(`${JSON.stringify({ ...result, peakRssMB: (peakKilobytes() * 1024) / 1e6, extra })}\n`);
}

/** What the system counts as the highest for a process begins, on Linux, with what its parent had; VmHWM does not. */
function peakKilobytes() {
  const status = '/proc/self/status';
  const own = existsSync(status) ? /^VmHWM:\s*(\d+)/m.exec(readFileSync(status, 'utf8')) : null;
  return own === null ? process.resourceUsage().maxRSS : Number(own[1]);
}

/**
 * Starts operations so that at most `ahead` are open, and waits for all.
 * @param {number} count
 * @param {number} ahead
 * @param {(at: number) => PromiseLike<unknown>} start
 */
export async function inFlight(count, ahead, start) {
  let next = 0;
  const lane = async () => {
    while (next < count) await start(next++);
  };
  await Promise.all(Array.from({ length: Math.min(ahead, count) }, lane));
}

/**
 * The same where operations have an order: each is started before the next, the one `ahead` places before it
 * is awaited first.
 * @param {number} count
 * @param {number} ahead
 * @param {(at: number) => PromiseLike<unknown>} start
 */
export async function pipelined(count, ahead, start) {
  /** @type {PromiseLike<unknown>[]} */
  const open = [];
  for (let at = 0; at < count; at += 1) {
    if (open.length >= ahead) await open.shift();
    open.push(start(at));
  }
  await Promise.all(open);
}

/**
 * Samples of the memory while much is done: right after the start, and every so many operations.
 * @param {{ operations: number, every: number, idleMs: number }} settings
 * @param {(count: number) => Promise<unknown>} run does that many operations
 */
export async function soak({ operations, every, idleMs }, run) {
  await new Promise((resolve) => setTimeout(resolve, idleMs));
  const idle = memory();
  /** @type {({ operations: number } & ReturnType<typeof memory>)[]} */
  const samples = [];
  const spent = await span(async () => {
    for (let done = 0; done < operations; ) {
      const count = Math.min(every, operations - done);
      await run(count);
      done += count;
      samples.push({ operations: done, ...memory() });
    }
  });
  const end = memory();
  // Only where the driver asks for it: what is still in use, without what only waits to be collected.
  globalThis.gc?.();
  return { spent, extra: { idleRssMB: idle.rssMB, endRssMB: end.rssMB, samples, inUseMB: memory().heapUsedMB } };
}
