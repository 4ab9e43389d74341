/** Who looks on while a case runs: `BENCH_INSPECT` names it, and nobody does unless it is set. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { startInspector } from 'tinkerjs/inspector';

/** @typedef {{ inspect: import('tinkerjs').ServiceClientOptions['inspect'], end: () => Promise<unknown> }} Watched */

/** Reads the page's stream as an open page does; in a thread of its own, since a browser is no part of the program. */
const reader = `
  const { workerData } = require('node:worker_threads');
  fetch(workerData).then(async (response) => { for await (const _ of response.body); }).catch(() => undefined);
`;

/** @type {Record<string, () => Promise<Watched>>} */
const ways = {
  nobody: async () => ({ inspect: undefined, end: async () => undefined }),
  inspector: async () => {
    const inspector = await startInspector({ port: 0, log: () => undefined });
    return { inspect: inspector.inspect, end: () => inspector.close() };
  },
  page: async () => {
    const inspector = await startInspector({ port: 0, log: () => undefined });
    const worker = new Worker(reader, { eval: true, workerData: new URL('/api/stream', inspector.url).href });
    return { inspect: inspector.inspect, end: async () => Promise.all([worker.terminate(), inspector.close()]) };
  },
  recording: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-inspect-'));
    return { inspect: { file: join(folder, 'run.jsonl') }, end: async () => rmSync(folder, { recursive: true }) };
  },
};

/** @returns {Promise<Watched>} */
export async function watched() {
  const name = process.env['BENCH_INSPECT'] ?? 'nobody';
  const way = ways[name];
  if (way === undefined) throw new Error(`BENCH_INSPECT is ${name}; it may be ${Object.keys(ways).join(', ')}`);
  return way();
}
