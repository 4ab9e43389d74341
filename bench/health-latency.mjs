import { setTimeout as pause } from 'node:timers/promises';

const pauseMs = 2;

/**
 * Asks a server for its health, again and again, for as long as a piece of work takes.
 * @param {string} url the server's address
 * @param {() => Promise<unknown>} work keeps the server's engine busy; begins before the first question
 * @returns the number of answers, and the 50th and 99th percentile and the maximum of their latency in milliseconds
 */
export async function healthLatencyDuring(url, work) {
  const ask = async () => {
    const started = performance.now();
    const response = await globalThis.fetch(`${url}/api/v1/healthz`);
    await response.text();
    return performance.now() - started;
  };
  // Opening the connection is no part of the answer.
  await ask();
  let isBusy = true;
  const done = work().finally(() => (isBusy = false));
  const latencies = [];
  while (isBusy) {
    latencies.push(await ask());
    await pause(pauseMs);
  }
  await done;
  latencies.sort((left, right) => left - right);
  const percentile = (share) => latencies[Math.max(0, Math.ceil(share * latencies.length) - 1)] ?? 0;
  return { samples: latencies.length, p50Ms: percentile(0.5), p99Ms: percentile(0.99), maxMs: percentile(1) };
}
