import { decideWhenWedged } from './wedged.mjs';

/**
 * What a long-lived program asks of its clients, a few operations a round: all kinds of calls, and all ways in which
 * they may end.
 */

/** @typedef {import('../../src/index.js').ServiceClient} ServiceClient */
/** @typedef {import('../../src/index.js').TrainingClient} TrainingClient */
/** @typedef {import('../../src/index.js').SamplingClient} SamplingClient */
/** @typedef {import('../server/model-server.mjs').ModelServer} ModelServer */

/**
 * @typedef {object} World
 * @property {ServiceClient} service
 * @property {TrainingClient} training
 * @property {SamplingClient} sampler
 * @property {import('./tally.mjs').Tally} tally
 * @property {AbortSignal} signal one for all calls, as long as the program
 * @property {import('../simulated/chance.mjs').Chance} chance
 * @property {(number: number) => import('../../src/index.js').Datum[]} batch
 * @property {(ms: number) => Promise<void>} pause
 * @property {(endpoint: string, status: number, body: object) => Promise<void>} order makes the next answer of an endpoint this one
 */

/** @typedef {(world: World) => Promise<void>} Round */

const crossEntropy = 'cross_entropy';
const prompt = { prompt: [1, 2, 3], samplingParams: { maxTokens: 4 } };
const hour = 3_600_000;

/** Steps, called without awaiting in between. @type {Round} */
async function train({ training, tally, signal, batch }) {
  const calls = [];
  for (let step = 0; step < 8; step += 1) {
    calls.push(training.forwardBackward(batch(step + 1), crossEntropy, undefined, { signal, timeoutMs: hour }));
    calls.push(training.optimStep({ learningRate: 1e-4 }, { signal, timeoutMs: hour }));
  }
  await tally.all(calls);
}

/** The same as steps, and passes of other kinds. @type {Round} */
async function trainOtherwise({ training, tally, signal, batch }) {
  const step = training.step(batch(2), crossEntropy, {}, { signal });
  const forward = training.forward(batch(1), crossEntropy, undefined, { signal });
  const custom = training.forwardBackwardCustom(
    batch(2),
    (_, logprobs) => ({ loss: 1, gradients: logprobs.map(({ size }) => new Float32Array(size).fill(0.1)) }),
    { signal },
  );
  await Promise.all([tally.of(step, 2), tally.of(forward), tally.of(custom)]);
}

/** @type {Round} */
async function saveAndLoad({ training, tally, signal, chance }) {
  const saved = await tally.of(training.saveState(`step-${chance.whole(0, 1000)}`, { signal, ttlSeconds: 86_400, overwrite: true }));
  if (saved === undefined) return;
  await tally.all([training.loadState(saved.path, { signal }), training.loadStateWithOptimizer(saved.path, { timeoutMs: hour })]);
}

/** @type {Round} */
async function sample({ sampler, tally, signal }) {
  const calls = Array.from({ length: 12 }, () => sampler.sample(prompt, { signal, timeoutMs: hour }));
  await tally.all([...calls, sampler.computeLogprobs([1, 2, 3], { signal })]);
}

/** Sampling clients come and go. @type {Round} */
async function samplingClients({ service, training, tally, signal }) {
  const made = await tally.of(training.saveWeightsAndGetSamplingClient({ signal }));
  const saved = await tally.of(training.saveWeightsForSampler('for-sampling', { signal }));
  const opened = saved === undefined ? undefined : await tally.of(training.createSamplingClient(saved.path, { signal }));
  const base = await tally.of(service.createSamplingClient({ baseModel: 'soak', signal }));
  for (const client of [made, opened, base]) {
    if (client === undefined) continue;
    const last = client.sample(prompt);
    await tally.all([client.sample(prompt, { signal }), client.sample(prompt, { timeoutMs: hour })]);
    // One more is under way when it is closed.
    const cut = client.sample(prompt);
    client.close();
    await tally.all([last, cut]);
  }
}

/** Training clients come and go. @type {Round} */
async function trainingClients({ service, training, tally, signal, batch }) {
  const saved = await tally.of(training.saveState('to-restore', { overwrite: true }));
  const fresh = await tally.of(service.createLoraTrainingClient({ baseModel: 'soak', rank: 8, signal }));
  const restored = saved === undefined ? undefined : await tally.of(service.createTrainingClientFromStateWithOptimizer(saved.path, { signal }));
  for (const client of [fresh, restored]) {
    if (client === undefined) continue;
    decideWhenWedged(client);
    await tally.of(client.step(batch(1), crossEntropy), 2);
    const cut = client.optimStep();
    if (client === fresh) await tally.of(client.unload({ signal }));
    else client.close();
    await tally.of(cut);
  }
}

/** Refused before anything is sent, by the server, and by the engine; one that nobody awaits. @type {Round} */
async function failing({ training, sampler, tally, batch, order, pause }) {
  await tally.all([training.forwardBackward([], crossEntropy), sampler.sample({ ...prompt, numSamples: -1 })]);
  await order('optim_step', 400, { detail: 'soak: no' });
  await tally.of(training.optimStep());
  await order('retrieve_future', 200, { error: 'soak: out of memory', category: 'server' });
  await tally.of(training.forwardBackward(batch(1), crossEntropy));
  await order('retrieve_future', 410, { detail: 'soak: expired' });
  await tally.of(training.optimStep());
  await order('optim_step', 422, { detail: 'soak: nobody awaits it' });
  training.optimStep();
  await tally.of(pause(1_000));
}

/** Taken back while queued and while on its way, by hand, by a signal of its own, and by its time. @type {Round} */
async function cancelled({ training, sampler, tally, signal, batch, pause }) {
  const own = new globalThis.AbortController();
  const calls = [
    training.forwardBackward(batch(1), crossEntropy),
    training.optimStep(),
    training.forwardBackward(batch(1), crossEntropy, undefined, { signal: own.signal }),
    training.optimStep({}, { signal: globalThis.AbortSignal.any([own.signal]) }),
    training.optimStep({}, { timeoutMs: 5 }),
    training.forwardBackward(batch(3), crossEntropy, undefined, { timeoutMs: 60, signal }),
    sampler.sample(prompt, { signal: own.signal }),
    sampler.sample(prompt, { timeoutMs: 5 }),
  ];
  const [first, second] = calls;
  second?.cancel();
  const waits = tally.all(calls);
  // A wait that is given up leaves the operation where it is.
  await tally.of(training.optimStep().result({ timeoutMs: 10, signal }));
  await pause(30);
  first?.cancel();
  own.abort();
  await waits;
}

/** @type {Round} */
async function paused({ training, tally, batch, signal, pause }) {
  const before = training.optimStep();
  training.pause();
  const held = [training.forwardBackward(batch(1), crossEntropy, undefined, { signal }), training.optimStep({}, { signal })];
  const dropped = training.optimStep({}, { timeoutMs: 500 });
  const waits = tally.all([before, ...held, dropped]);
  await pause(1_000);
  training.resume();
  await waits;
}

/** What stands in no queue. @type {Round} */
async function asking({ service, training, sampler, tally, signal }) {
  const rest = service.createRestClient();
  await tally.all([
    training.getInfo({ signal }),
    service.getServerCapabilities({ signal, timeoutMs: hour }),
    service.healthCheck({ signal }),
    rest.listTrainingRuns({ signal }),
    rest.listUserCheckpoints({ timeoutMs: hour }),
  ]);
  service.getSnapshot();
  training.getSnapshot();
  sampler.getSnapshot();
}

/** The account is blocked for a while, and the server slow. @type {Round} */
async function held({ training, tally, order, signal }) {
  await order('optim_step', 402, { detail: 'soak: billing' });
  await order('retrieve_future', 200, { type: 'try_again', request_id: 'any', queue_state: 'paused_rate_limit', queue_state_reason: 'soak' });
  await tally.all([training.optimStep({}, { signal }), training.optimStep({}, { signal })]);
}

/** @type {readonly (readonly [Round, number])[]} */
export const rounds = [
  [train, 45],
  [trainOtherwise, 10],
  [saveAndLoad, 10],
  [sample, 12],
  [samplingClients, 4],
  [trainingClients, 4],
  [failing, 4],
  [cancelled, 6],
  [paused, 4],
  [asking, 4],
  [held, 2],
];
