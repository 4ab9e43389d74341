import { setTimeout as realPause } from 'node:timers/promises';
import { actorsUnder, handles, listenersOn, processListeners, watchInternals } from './measure/counts.mjs';
import { Series } from './measure/series.mjs';
import { batches, listening } from './program/batch.mjs';
import { runProgram } from './program/program.mjs';
import { Tally } from './program/tally.mjs';
import { decideWhenWedged } from './program/wedged.mjs';
import { startRealServer } from './server/start-real-server.mjs';
import { Chance } from './simulated/chance.mjs';
import { ScaledClock } from './simulated/scaled-time.mjs';

/** @typedef {import('./internals.mjs').Internals} Internals */

const scale = 20;
const fewSockets = 4;
const longestQuietMs = 20_000;

/**
 * The same program over real connections to a server in a process of its own, which breaks a few percent of them.
 * @param {Internals} internals
 * @param {Pick<import('./simulated-part.mjs').SimulatedOptions, 'operations' | 'samples' | 'inspect' | 'onProgress'>} options
 */
export async function socketsPart(internals, options) {
  const server = await startRealServer(scale, 'faulty');
  const clock = new ScaledClock(scale);
  const watched = watchInternals(internals);
  const { signal } = new globalThis.AbortController();
  const { heard, callbacks } = listening();
  const environment = { clock, now: () => clock.now(), random: Math.random, uuid: () => globalThis.crypto.randomUUID() };
  const settings = { baseUrl: server.url, apiKey: 'tml-soak-key', environment, inspect: options.inspect, ...callbacks };
  const before = handles() ?? noHandles;
  const service = new internals.ServiceClient({ ...settings, telemetry: true });
  const training = await service.createLoraTrainingClient({ baseModel: 'soak', rank: 8, signal });
  const sampler = await service.createSamplingClient({ baseModel: 'soak' });
  decideWhenWedged(training);
  const tally = new Tally();
  const series = new Series(() => ({
    ...watched.counts(),
    actors: actorsUnder(service.actor),
    timers: clock.pending,
    signalListeners: listenersOn(signal),
    processListeners: processListeners(),
  }));
  const startedAt = performance.now();
  await runProgram({
    world: {
      service,
      training,
      sampler,
      tally,
      signal,
      chance: new Chance(1),
      batch: batches(internals),
      pause: (ms) => clock.pause(ms),
      order: async (endpoint, status, body) => {
        await server.tell({ command: 'order', endpoint, status, body });
      },
    },
    internals,
    settings: () => settings,
    forget: async (sessionId) => {
      await server.tell({ command: 'forget', sessionId });
    },
    series,
    // Connections that nobody uses are closed after a while; a heartbeat keeps one.
    quiet: () => until(() => sockets() <= before.sockets + fewSockets),
    clock,
    options,
    everyMs: 0,
  });
  const seconds = (performance.now() - startedAt) / 1000;
  await service.close();
  await until(() => sockets() === before.sockets);
  const afterClose = {
    timers: clock.pending,
    signalListeners: listenersOn(signal),
    sockets: sockets() - before.sockets,
    fileHandles: (handles() ?? noHandles).fileHandles - before.fileHandles,
    ...watched.counts(),
  };
  const report = await server.tell({ command: 'report' });
  await server.close();
  return {
    operations: tally.operations,
    seconds,
    done: tally.done,
    rejected: tally.rejected,
    report,
    heard,
    afterClose,
    samples: series.samples,
    verdicts: series.verdicts(),
  };
}

const noHandles = { fileHandles: 0, sockets: 0 };

/** Open connections of this process. */
function sockets() {
  return (handles() ?? noHandles).sockets;
}

/** @param {() => boolean} holds */
async function until(holds) {
  for (let waited = 0; !holds() && waited < longestQuietMs; waited += 50) await realPause(50);
}
