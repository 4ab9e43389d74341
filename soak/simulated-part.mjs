import { actorsUnder, listenersOn, processListeners, watchInternals } from './measure/counts.mjs';
import { Series } from './measure/series.mjs';
import { batches, listening } from './program/batch.mjs';
import { plant } from './program/plants.mjs';
import { runProgram } from './program/program.mjs';
import { Tally } from './program/tally.mjs';
import { decideWhenWedged } from './program/wedged.mjs';
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
const hourMs = 3_600_000;

/**
 * The program over a day of simulated time, with a network that is simulated too.
 * @param {Internals} internals
 * @param {SimulatedOptions} options
 */
export async function simulatedPart(internals, options) {
  const { clock, environment } = simulatedTime(seed);
  const server = new ModelServer({ now: () => clock.now(), wantsTokens: true });
  const network = simulatedNetwork({ server, clock, chance: new Chance(seed + 2) });
  internals.UndiciTransport.prototype.send = network.send;
  const watched = watchInternals(internals);
  const { signal } = new globalThis.AbortController();
  const { heard, callbacks } = listening();
  const settings = { baseUrl: 'http://soak.test', apiKey: 'tml-soak-key', environment, inspect: options.inspect, ...callbacks };
  const service = new internals.ServiceClient({ ...settings, telemetry: true });
  const training = await passUntil(clock, service.createLoraTrainingClient({ baseModel: 'soak', rank: 8, signal }));
  const sampler = await passUntil(clock, service.createSamplingClient({ baseModel: 'soak' }));

  let planted = 0;
  const spawn = () => {
    planted += 1;
    service.actor.send({ type: 'training.made', actorId: `planted-${planted}`, modelId: 'planted' });
  };
  decideWhenWedged(training);
  const tally = new Tally(options.plant === undefined ? undefined : plant(options.plant, { signal, clock, spawn }));
  const series = new Series(() => ({
    ...watched.counts(),
    actors: actorsUnder(service.actor),
    timers: clock.pending,
    signalListeners: listenersOn(signal),
    processListeners: processListeners(),
    requestsUnderWay: network.underWay,
  }));
  // A heartbeat or a report that is under way is answered first.
  const quiet = async () => {
    do await clock.pause(50);
    while (network.underWay > 0);
  };
  const startedAt = performance.now();
  const program = runProgram({
    world: {
      service,
      training,
      sampler,
      tally,
      signal,
      chance: new Chance(seed + 1),
      batch: batches(internals),
      pause: (ms) => clock.pause(ms),
      order: async (endpoint, status, body) => server.next(endpoint, () => json(body, status)),
    },
    internals,
    // Every other pair of them through a `fetch` of the user's.
    settings: (number) => (number % 4 < 2 ? settings : { ...settings, fetch: network.fetch }),
    forget: async (sessionId) => server.forget(sessionId),
    series,
    quiet,
    clock,
    options,
    everyMs: (options.hours * hourMs) / options.operations,
  });
  await passUntil(clock, program);
  const { heartbeats } = server;
  const hours = clock.now() / hourMs;
  const telemetry = service.getTelemetry();
  await passUntil(clock, service.close());
  await passUntil(clock, clock.pause(hourMs));
  return {
    operations: tally.operations,
    hours,
    seconds: (performance.now() - startedAt) / 1000,
    done: tally.done,
    rejected: tally.rejected,
    faults: network.faults,
    heartbeats,
    server: { executed: server.executed, repeated: server.repeated, requests: server.requests },
    telemetry,
    heard,
    afterClose: { timers: clock.pending, signalListeners: listenersOn(signal), requestsUnderWay: network.underWay, ...watched.counts() },
    samples: series.samples,
    verdicts: series.verdicts(),
  };
}
