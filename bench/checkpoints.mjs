/**
 * Saves and loads a large checkpoint on a local server, asks for its health meanwhile, and asks for many saves at once.
 *
 *   npm run bench:checkpoints [-- --json] [-- --rounds 3 --saves 50 --dir FOLDER]
 *
 * Exits with 1 when a save or a load of the large checkpoint takes 5 s or more, when it is smaller
 * than 100 MB, when one of the many saves fails or is executed out of order, or when one in a hundred
 * health checks takes more than 50 ms while the server trains or saves.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { ModelInput, ServiceClient } from 'tinkerjs';
import { healthLatencyDuring } from './health-latency.mjs';
import { startServerProcess } from './server-process.mjs';

const limitMs = 5_000;
const leastBytes = 100_000_000;
const healthLimitMs = 50;
/** Enough work for some hundred answers. */
const busyDatums = 4;
const busyRepeats = 4;

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'local/base' },
    rank: { type: 'string', default: '512' },
    rounds: { type: 'string', default: '3' },
    saves: { type: 'string', default: '50' },
    dir: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const [rank, rounds, count] = ['rank', 'rounds', 'saves'].map((name) => {
  const value = Number(options[name]);
  if (!Number.isInteger(value) || value < 1) {
    console.error(`--${name}: got ${options[name]}, expected a whole number of at least 1`);
    process.exit(2);
  }
  return value;
});

const server = await startServerProcess(options.dir);
const service = new ServiceClient({ baseUrl: server.url, apiKey: server.apiKey });
try {
  const large = await largeCheckpoint();
  const many = await manySaves();
  const problems = [...large.problems, ...many.problems];
  const report = { limitMs, healthLimitMs, ...large.report, manySaves: many.report, problems };
  console.log(options.json ? JSON.stringify(report) : inWords(report));
  process.exitCode = problems.length > 0 ? 1 : 0;
} finally {
  await service.close();
  await server.close();
}

/** Saves and loads one large checkpoint, several times. */
async function largeCheckpoint() {
  const training = await service.createLoraTrainingClient({ baseModel: options.model, rank, seed: 1 });
  await takeStep(training);
  const times = [];
  let path = '';
  for (let round = 1; round <= rounds; round += 1) {
    times.push(await timed('save', async () => {
      ({ path } = await training.saveState(`round-${round}`));
    }));
    times.push(await timed('load', () => training.loadStateWithOptimizer(path)));
  }
  const { checkpoints } = await server.ledger(training.modelId);
  const operations = times.map((time, index) => split(time, checkpoints[index]?.timings ?? {}));
  const bytes = await checkpointBytes(path);
  const health = await healthWhileBusy(training);
  await training.unload();
  const problems = [
    ...(bytes < leastBytes ? [`the checkpoint has only ${bytes} bytes; ${leastBytes} were to be measured`] : []),
    ...operations.filter(({ totalMs }) => totalMs >= limitMs).map(({ kind, totalMs }) => `a ${kind} took ${Math.round(totalMs)} ms`),
    ...health
      .filter(({ p99Ms }) => p99Ms > healthLimitMs)
      .map(({ kind, p99Ms }) => `one in a hundred health checks during a ${kind} took ${p99Ms.toFixed(1)} ms or more`),
  ];
  return { report: { model: options.model, rank, bytes, operations, health }, problems };
}

/** How soon the server answers while its engine is busy with a pass, and with a save. */
async function healthWhileBusy(training) {
  const batch = Array.from({ length: busyDatums }, () => datumOf('a server answers while it trains. '.repeat(busyRepeats)));
  const works = [
    ['forward_backward', () => training.forwardBackward(batch, 'cross_entropy')],
    ['save', () => training.saveState('while-asked')],
  ];
  const health = [];
  for (const [kind, work] of works) health.push({ kind, ...(await healthLatencyDuring(server.url, async () => work())) });
  return health;
}

/** Asks for many saves without awaiting in between. */
async function manySaves() {
  const training = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 8, seed: 1 });
  const { totalMs, result } = await timed('saves', () => {
    const saves = Array.from({ length: count }, (_, index) => training.saveState(`save-${index + 1}`));
    return Promise.allSettled(saves);
  });
  const { operations } = await server.ledger(training.modelId);
  const wanted = Array.from({ length: count }, (_, index) => index + 1);
  const seqIds = result.map(({ value }) => value?.seqId);
  const executed = operations.filter(({ kind, outcome }) => kind === 'save_weights' && outcome === 'done').map(({ seq_id }) => seq_id);
  const succeeded = result.filter(({ status }) => status === 'fulfilled').length;
  const problems = [
    ...(succeeded < count ? [`${count - succeeded} of ${count} saves failed`] : []),
    ...(same(seqIds, wanted) ? [] : [`the saves have the numbers ${seqIds.join(', ')}`]),
    ...(same(executed, wanted) ? [] : [`the server executed the saves ${executed.join(', ')}`]),
  ];
  return { report: { count, succeeded, inOrder: same(executed, wanted), totalMs }, problems };
}

/** One step, so that the optimizer's moments are not all zero. */
async function takeStep(training) {
  const pass = training.forwardBackward([datumOf('a checkpoint.')], 'cross_entropy');
  await Promise.all([pass, training.optimStep({ learningRate: 0.01 })]);
}

function datumOf(text) {
  const tokens = Array.from(text, (letter) => letter.charCodeAt(0));
  return {
    modelInput: ModelInput.fromInts(tokens.slice(0, -1)),
    lossFnInputs: { target_tokens: tokens.slice(1), weights: tokens.slice(1).map(() => 1) },
  };
}

async function timed(kind, run) {
  const started = performance.now();
  const result = await run();
  return { kind, totalMs: performance.now() - started, result };
}

/** Where the time went: disk and hashing as the server's engine measured them, all else is the rest. */
function split({ kind, totalMs }, timings) {
  const sum = (...names) => names.reduce((ms, name) => ms + (timings[name] ?? 0), 0);
  const diskMs = sum('writeMs', 'syncMs', 'readMs');
  const hashMs = sum('hashMs');
  const tensorsMs = sum('serialiseMs', 'restoreMs');
  return { kind, totalMs, diskMs, hashMs, tensorsMs, otherMs: totalMs - diskMs - hashMs - tensorsMs };
}

async function checkpointBytes(path) {
  const [run, , name] = path.replace('tinker://', '').split('/');
  const folder = join(server.dataDir, 'checkpoints', run.replaceAll(':', '.'), name);
  const files = await readdir(folder);
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function same(left, right) {
  return JSON.stringify(left) === JSON.stringify(right);
}

function inWords({ model, rank: loraRank, bytes, operations, health, manySaves: many, problems }) {
  const part = (ms, totalMs) => `${Math.round(ms)} ms (${Math.round((100 * ms) / totalMs)} %)`;
  const table = new Table({
    head: ['', 'total', 'disk', 'SHA-256', 'tensors', 'rest'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const { kind, totalMs, diskMs, hashMs, tensorsMs, otherMs } of operations) {
    const parts = [diskMs, hashMs, tensorsMs, otherMs].map((ms) => part(ms, totalMs));
    table.push([kind, `${Math.round(totalMs)} ms`, ...parts]);
  }
  const answers = new Table({
    head: ['health during a', 'answers', 'p50', 'p99', 'max'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const { kind, samples, p50Ms, p99Ms, maxMs } of health) {
    answers.push([kind, samples, ...[p50Ms, p99Ms, maxMs].map((ms) => `${ms.toFixed(1)} ms`)]);
  }
  return [
    `${model}, rank ${loraRank}: a checkpoint of ${(bytes / 1e6).toFixed(1)} MB with both moments; limit ${limitMs} ms each`,
    table.toString(),
    'disk: writing and waiting until it is on the disk, or reading what the system still holds in memory; tensors: laying',
    'them out, or checking and copying them; rest: queues, HTTP and the way to the engine\'s thread.',
    answers.toString(),
    `The engine's thread is busy meanwhile; the limit of p99 is ${healthLimitMs} ms.`,
    `${many.count} saves without awaiting: ${many.succeeded} succeeded, ${many.inOrder ? 'executed' : 'NOT executed'} as seq_id 1…${many.count}, ` +
      `${Math.round(many.totalMs)} ms together`,
    problems.length === 0 ? 'Everything is within its limits.' : problems.map((problem) => `Problem: ${problem}.`).join('\n'),
  ].join('\n');
}
