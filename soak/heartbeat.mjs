/**
 * Whether heartbeats keep their rhythm while a hundred megabytes of passes are written: real time, the real client, real
 * connections. Prints how long the event loop was held up at most, and the longest time between two heartbeats as they
 * reached the server.
 *
 *   node soak/heartbeat.mjs [--megabytes 100] [--json]
 *
 * Ends with 1 when a heartbeat comes a second late, or one block takes as long.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { loadInternals } from './internals.mjs';
import { startRealServer } from './server/start-real-server.mjs';
import { ScaledClock } from './simulated/scaled-time.mjs';

const { values } = parseArgs({ options: { megabytes: { type: 'string', default: '100' }, json: { type: 'boolean', default: false } } });
const megabytes = Number(values.megabytes);
// Heartbeats of ten seconds come every half second, so that there are many of them.
const scale = 20;
const rhythmMs = 10_000 / scale;
// A tenth of the real rhythm: a busy machine is late by itself.
const mostLateMs = 1000;
const forever = 2_000_000_000;
const megabyte = 1_000_000;
// In protobuf: tokens, targets of twice their size, and two numbers for each.
const bytesOfToken = 4 + 8 + 4 + 4;

const internals = await loadInternals();
// That the server lets a pass wait is no news here.
console.warn = () => undefined;

/** @param {number} tokens @returns {import('../src/index.js').Datum} */
function datum(tokens) {
  const random = () => Float32Array.from({ length: tokens }, Math.random);
  const ids = Int32Array.from({ length: tokens }, (_, at) => (at * 7919) % 32_000);
  return { modelInput: internals.ModelInput.fromInts(ids), lossFnInputs: { target_tokens: ids, weights: random(), advantages: random() } };
}

/** @type {readonly { name: string, datums: number }[]} */
const shapes = [
  { name: 'datums of 8,192 tokens', datums: Math.ceil((megabytes * megabyte) / bytesOfToken / 8192) },
  { name: 'one datum', datums: 1 },
];

/** @param {'json' | 'protobuf'} encoding @param {{ name: string, datums: number }} shape */
async function measure(encoding, { name, datums }) {
  const tokens = Math.ceil((megabytes * megabyte) / bytesOfToken / datums);
  const data = Array.from({ length: datums }, () => datum(tokens));
  const server = await startRealServer(scale, 'calm');
  const clock = new ScaledClock(scale);
  const environment = { clock, now: () => clock.now(), random: Math.random, uuid: () => globalThis.crypto.randomUUID() };
  const limits = { timeoutMs: forever, requestDeadlineMs: forever, unreachableDeadlineMs: forever };
  const service = new internals.ServiceClient({ baseUrl: server.url, apiKey: 'tml-soak-key', encoding, environment, ...limits });
  const training = await service.createLoraTrainingClient({ baseModel: 'soak' });
  await clock.pause(3 * rhythmMs * scale);
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  await clock.pause(rhythmMs * scale);
  delays.reset();
  await server.tell({ command: 'beatAnew' });
  const startedAt = performance.now();
  const pass = training.forwardBackward(data, 'cross_entropy');
  const callMs = performance.now() - startedAt;
  await pass;
  const seconds = (performance.now() - startedAt) / 1000;
  // The beat that was due last is counted too.
  await clock.pause(rhythmMs * scale);
  delays.disable();
  const { heartbeats } = await server.tell({ command: 'report' });
  await service.close();
  await server.close();
  const blockMs = delays.max / 1e6;
  const gapMs = heartbeats.longestGapMs / scale;
  return { encoding, shape: name, seconds, callMs, blockMs, p99Ms: delays.percentile(99) / 1e6, gapMs, beats: heartbeats.count };
}

const results = [];
for (const shape of shapes) for (const encoding of /** @type {const} */ (['protobuf', 'json'])) results.push(await measure(encoding, shape));
const passed = results.every(({ blockMs, gapMs }) => blockMs <= mostLateMs && gapMs <= rhythmMs + mostLateMs);
if (values.json) console.log(JSON.stringify({ passed, megabytes, rhythmMs, results }));
else {
  const table = new Table({ head: [`${megabytes} MB`, 'written in', 'seconds', 'call, ms', 'longest block, ms', 'p99, ms', `longest gap of ${rhythmMs} ms`, 'beats'] });
  for (const { shape, encoding, seconds, callMs, blockMs, p99Ms, gapMs, beats } of results) {
    table.push([shape, encoding, ...[seconds, callMs, blockMs, p99Ms, gapMs].map((value) => value.toFixed(1)), beats]);
  }
  console.log(table.toString());
}
process.exitCode = passed ? 0 : 1;
