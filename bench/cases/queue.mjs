/**
 * One case with the queue alone: the actors of our client, and for samples the tasks that they let go on, over a
 * server inside this process that takes everything at once. Nothing is encoded, sent or decoded but the few bytes
 * of a poll. Measured is what the actors add to the requests themselves.
 *
 *   node bench/cases/queue.mjs CASE [--scale F]
 */
import { right } from 'fp-ts/lib/Either.js';
import { createActor } from 'xstate';
import { ByteBudget } from '../../dist/machines/byte-budget.js';
import { realEnvironment } from '../../dist/machines/environment.js';
import { provideMachines } from '../../dist/machines/provide.js';
import { WorkTable } from '../../dist/machines/work.js';
import { runSample } from '../../dist/sampling/sampling-call.js';
import { SamplingGate } from '../../dist/sampling/sampling-gate.js';
import { ModelInput } from '../../dist/types/data.js';
import { SamplingParams } from '../../dist/types/sampling.js';
import { inFlight, pipelined, report, sinceStart, soak, span } from './measure.mjs';
import { asked } from './work.mjs';

/** @typedef {import('../../dist/machines/training-context.js').OperationKind} OperationKind */
/** @typedef {import('../../dist/machines/work.js').Work} Work */

const { name, settings } = asked();
const { operations, warmUp, ahead } = settings;

const requestPolicy = { attemptTimeoutMs: 60_000, deadlineMs: 300_000, billingDeadlineMs: 3_600_000 };
const futurePolicy = { pollTimeoutMs: 45_000, unreachableDeadlineMs: 3_600_000, billingDeadlineMs: 3_600_000 };

const accepted = Promise.resolve(right('request'));
const taken = right(undefined);
const reply = Promise.resolve(right({ status: 200, body: '{}', downloadMs: 0 }));

/** @type {Work} */
const atOnce = { requestType: 'SaveWeights', send: () => accepted, receive: () => taken };

const workTable = new WorkTable();
const results = new ByteBudget(52_428_800);

/** @type {import('../../dist/machines/ports.js').Ports} */
const ports = {
  http: { send: () => () => reply, call: () => () => Promise.reject(new Error('the queue alone calls nothing')) },
  environment: realEnvironment,
  work: workTable,
  restores: new Map(),
  resultBudget: () => results,
  hide: (text) => text,
};

const service = createActor(provideMachines(ports), {
  id: 'service',
  input: { requestPolicy, futurePolicy, heartbeatMs: 10_000, lostMs: 300_000, atRiskMs: 120_000 },
  clock: realEnvironment.clock,
}).start();

// The clock's timers do not keep the process running.
const keepAlive = globalThis.setInterval(() => undefined, 60_000);

/** Calls of a training client, as functions that give when the operation is over. */
function openTraining() {
  service.send({ type: 'training.made', actorId: 'training', modelId: 'bench:train:0' });
  const actor = service.getSnapshot().context.trainings['training'];
  if (actor === undefined) throw new Error('there is no training actor');
  /** @type {Map<string, () => void>} */
  const open = new Map();
  let ids = 0;
  actor.on('operation.done', ({ id }) => {
    open.get(id)?.();
    open.delete(id);
    workTable.remove(id);
  });
  return (/** @type {OperationKind} */ kind, parts = 1) => {
    ids += 1;
    const id = `${kind}-${ids}`;
    workTable.add(id, atOnce);
    /** @type {Promise<void>} */
    const done = new Promise((resolve) => open.set(id, resolve));
    const entry = { id, kind, bytes: 0, parts, together: true, secondPass: false };
    if (kind === 'loadState') actor.send({ type: 'load.requested', entry, optimizer: false });
    else actor.send({ type: kind === 'saveState' ? 'save.requested' : 'operation.requested', entry });
    return done;
  };
}

function openSavesAndLoads() {
  const operate = openTraining();
  return (/** @type {number} */ at) => operate(at % 2 === 0 ? 'saveState' : 'loadState');
}

/** Samples of a sampling client, as a function that gives when one is over. */
function openSampling() {
  const sampling = { samplingSessionId: 'bench:sample:0', maxConcurrent: 2000, progressTimeoutMs: 7_200_000 };
  service.send({ type: 'sampling.made', actorId: 'sampling', ...sampling, dispatchBytes: 10_485_760 });
  const { samplings, samplingGate } = service.getSnapshot().context;
  const actor = samplings['sampling'];
  if (actor === undefined || samplingGate === undefined) throw new Error('there is no sampling actor');
  let numbers = 0;
  const retry = { retryDelayBaseMs: 500, retryDelayMaxMs: 10_000, jitterFactor: 0.25, maxConnections: 2000 };
  const host = {
    ports,
    gate: new SamplingGate(samplingGate),
    requestPolicy: () => requestPolicy,
    futurePolicy: () => futurePolicy,
    retry: { ...retry, progressTimeoutMs: 7_200_000, enableStuckDetection: true, enableRetryLogic: true },
    nextSeqId: () => numbers++,
  };
  /** @type {(() => void)[]} */
  const waiting = [];
  actor.on('call.admitted', () => waiting.shift()?.());
  const nothing = () => undefined;
  const told = { retries: true, onSending: nothing, onAccepted: nothing, onQueueState: nothing, onResubmitted: nothing };
  const tokens = new Int32Array(settings.promptTokens);
  /** @type {import('../../dist/sampling/sampling-input.js').CheckedSample} */
  const sample = {
    prompt: new ModelInput([{ type: 'encoded_text', tokens }]),
    numSamples: 1,
    samplingParams: SamplingParams.make({ maxTokens: settings.maxTokens }),
    promptLogprobs: false,
    topkPromptLogprobs: 0,
  };
  return async (/** @type {number} */ at) => {
    const key = `sample-${at}`;
    workTable.add(key, atOnce);
    /** @type {Promise<void>} */
    const admitted = new Promise((resolve) => waiting.push(resolve));
    actor.send({ type: 'call.made', at: realEnvironment.now() });
    await admitted;
    await runSample(host, { ...told, key, sample }, new globalThis.AbortController().signal);
    workTable.remove(key);
    actor.send({ type: 'call.ended', how: 'done', error: undefined, at: realEnvironment.now() });
  };
}

/** As many chunks as the batch has where chunks are of at most 5 MB (wire protocol §4.3). */
function chunks() {
  const { datums, tokens } = settings;
  return Math.ceil(datums / Math.floor(5_000_000 / (16 * tokens)));
}

const cases = {
  start: async () => {
    await openTraining()('saveState');
    return { spent: sinceStart(), extra: {} };
  },
  'in-turn': async () => {
    const run = openSavesAndLoads();
    await pipelined(warmUp, 1, run);
    return { spent: await span(() => pipelined(operations, 1, run)), extra: {} };
  },
  'at-once': async () => {
    const run = openSavesAndLoads();
    await pipelined(warmUp, warmUp, run);
    return { spent: await span(() => pipelined(operations, operations, run)), extra: {} };
  },
  step: async () => {
    const operate = openTraining();
    const run = () => Promise.all([operate('forwardBackward'), operate('optimStep')]);
    await pipelined(warmUp, ahead, run);
    return { spent: await span(() => pipelined(operations, ahead, run)), extra: {} };
  },
  'big-batch': async () => {
    const operate = openTraining();
    await operate('forwardBackward');
    return { spent: await span(() => operate('forwardBackward', chunks())), extra: { chunks: chunks() } };
  },
  sample: async () => {
    const run = openSampling();
    await inFlight(warmUp, ahead, run);
    return { spent: await span(() => inFlight(operations, ahead, run)), extra: {} };
  },
  soak: async () => {
    const run = openSavesAndLoads();
    await run(0);
    return soak(settings, (count) => pipelined(count, ahead, run));
  },
};

const { spent, extra } = await cases[name]();
report({ case: name, client: 'queue', operations, ...spent }, extra);
service.send({ type: 'service.closed' });
globalThis.clearInterval(keepAlive);
