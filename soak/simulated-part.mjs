import { actorsUnder, listenersOn, processListeners, watchInternals } from './measure/counts.mjs';
import { Series } from './measure/series.mjs';
import { plant } from './program/plants.mjs';
import { rounds } from './program/rounds.mjs';
import { liveSession } from './program/session-life.mjs';
import { Tally } from './program/tally.mjs';
import { json, ModelServer } from './server/model-server.mjs';
import { simulatedNetwork } from './server/simulated-network.mjs';
import { Chance } from './simulated/chance.mjs';
import { passUntil, simulatedTime } from './simulated/time.mjs';

/** @typedef {import('./internals.mjs').Internals} Internals */

/**
 * @typedef {object} SimulatedOptions
 * @property {number} operations
 * @property {number} hours of simulated time
 * @property {number} samples
 * @property {import('./program/plants.mjs').PlantName | undefined} plant
 * @property {import('../src/index.js').ServiceClientOptions['inspect']} inspect
 * @property {(operations: number) => void} onProgress
 */

const seed = 20_240;
const roundsPerSession = 12;
// What is under way beyond this has to end before more begins, as a program's own limit would have it.
const mostRounds = 8;

/**
 * One program over a day of simulated time: one service that lives through all of it, and beside it one after the other
 * that is closed or loses its session.
 * @param {Internals} internals
 * @param {SimulatedOptions} options
 */
export async function simulatedPart(internals, options) {
  const { clock, environment } = simulatedTime(seed);
  const chance = new Chance(seed + 1);
  const server = new ModelServer({ now: () => clock.now(), wantsTokens: true });
  const network = simulatedNetwork({ server, clock, chance: new Chance(seed + 2) });
  internals.UndiciTransport.prototype.send = network.send;
  const watched = watchInternals(internals);
  const { signal } = new globalThis.AbortController();
  /** @type {Record<string, number>} */
  const heard = {};
  const hear = (/** @type {string} */ name) => () => {
    heard[name] = (heard[name] ?? 0) + 1;
  };
  const settings = {
    baseUrl: 'http://soak.test',
    apiKey: 'tml-soak-key',
    environment,
    inspect: options.inspect,
    onError: hear('onError'),
    onSessionAtRisk: hear('onSessionAtRisk'),
  };
  const service = new internals.ServiceClient({ ...settings, telemetry: true, onSessionLost: hear('onSessionLost') });
  /** @type {(number: number) => import('../src/index.js').Datum[]} */
  const batch = (number) =>
    Array.from({ length: number }, (_, at) => ({
      modelInput: internals.ModelInput.fromInts([at, 1, 2, 3]),
      lossFnInputs: { target_tokens: [1, 2, 3, 4], weights: [1, 1, 1, 1] },
    }));
  const training = await passUntil(clock, service.createLoraTrainingClient({ baseModel: 'soak', rank: 8, signal }));
  const sampler = await passUntil(clock, service.createSamplingClient({ baseModel: 'soak' }));

  let planted = 0;
  const ground = {
    signal,
    clock,
    spawn: () => {
      planted += 1;
      service.actor.send({ type: 'training.made', actorId: `planted-${planted}`, modelId: 'planted' });
    },
  };
  const tally = new Tally({
    plant: options.plant === undefined ? undefined : plant(options.plant, ground),
    onWedged: () => {
      if (training.getSnapshot().state === 'wedged') training.skip();
    },
  });
  /** @type {import('./program/rounds.mjs').World} */
  const world = {
    service,
    training,
    sampler,
    tally,
    signal,
    chance,
    batch,
    pause: (ms) => clock.pause(ms),
    order: (endpoint, status, body) => server.next(endpoint, () => json(body, status)),
  };
  const series = new Series(() => ({
    ...watched.counts(),
    actors: actorsUnder(service.actor),
    timers: clock.pending,
    signalListeners: listenersOn(signal),
    processListeners: processListeners(),
    requestsUnderWay: network.underWay,
  }));

  const session = (/** @type {number} */ round) =>
    liveSession({
      internals,
      // Half of them through a `fetch` of the user's.
      options: round % (4 * roundsPerSession) < 2 * roundsPerSession ? settings : { ...settings, fetch: network.fetch },
      tally,
      signal,
      batch,
      pause: world.pause,
      forget: round % (2 * roundsPerSession) === 0 ? (id) => server.forget(id) : undefined,
    });
  const program = async () => {
    const everyMs = (options.hours * 3_600_000) / options.operations;
    const everySample = options.operations / options.samples;
    const start = clock.now();
    /** @type {Set<Promise<void>>} */
    const open = new Set();
    await series.take(0);
    for (let round = 1; tally.operations < options.operations; round += 1) {
      await clock.pause(Math.max(1, start + tally.operations * everyMs - clock.now()));
      const begun = round % roundsPerSession === 0 ? session(round) : chance.pick(rounds)(world);
      open.add(begun);
      begun.then(() => open.delete(begun));
      if (open.size >= mostRounds) await Promise.race(open);
      if (tally.operations < series.samples.length * everySample) continue;
      await Promise.all(open);
      await quiet(clock, network);
      await series.take(tally.operations);
      options.onProgress(tally.operations);
    }
    await Promise.all(open);
  };
  const startedAt = performance.now();
  await passUntil(clock, program());
  const seconds = (performance.now() - startedAt) / 1000;
  const telemetry = service.getTelemetry();
  await passUntil(clock, service.close());
  await passUntil(clock, clock.pause(3_600_000));
  return {
    operations: tally.operations,
    hours: clock.now() / 3_600_000,
    seconds,
    done: tally.done,
    rejected: tally.rejected,
    faults: network.faults,
    heartbeats: server.heartbeats,
    server: { executed: server.executed, repeated: server.repeated, requests: server.requests },
    telemetry,
    heard,
    afterClose: { timers: clock.pending, signalListeners: listenersOn(signal), requestsUnderWay: network.underWay, ...watched.counts() },
    eventTypes: [...watched.eventTypes],
    samples: series.samples,
    verdicts: series.verdicts(),
  };
}

/**
 * Waits for what goes on behind the program, a heartbeat or a report, to be answered.
 * @param {import('./simulated/clock.mjs').SoakClock} clock
 * @param {{ readonly underWay: number }} network
 */
async function quiet(clock, network) {
  do await clock.pause(50);
  while (network.underWay > 0);
}
