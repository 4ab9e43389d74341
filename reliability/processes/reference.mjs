/** What calls do where nothing goes wrong: a server and a client of its own, without any faults. */
import { ServiceClient } from 'tinkerjs';
import { startLocalServer } from 'tinkerjs/server';
import { answerCalls } from '../driver/answer-calls.mjs';
import { custom, digestsOf, forward, lora, optim, pass, sample } from '../faults/make-call.mjs';
import { savedDigest } from '../faults/saved-files.mjs';

/** @typedef {import('../faults/calls.mjs').Item} Item */
/** @typedef {{ digest?: string | undefined, state?: string }} Outcome what an item told; of a save also the name of its state */

/** @type {import('tinkerjs/server').LocalServer} */
let server;
/** @type {ServiceClient} */
let service;
/** @type {Map<string, import('tinkerjs').TrainingCheckpointPath>} */
const pathOf = new Map();

answerCalls({
  /** @param {string} dataDir */
  start: async (dataDir) => {
    server = await startLocalServer({ dataDir });
    service = new ServiceClient({ baseUrl: server.url, apiKey: server.apiKey });
  },
  /**
   * @param {string} base the name of the state that is begun with; empty: a new model
   * @param {readonly Item[]} items
   * @param {readonly string[]} states names of the states that are saved, by item
   */
  run: async (base, items, states) => {
    const training = await begun(base);
    try {
      return await Promise.all(items.map((item, at) => outcomeOf(training, item, states[at] ?? '')));
    } finally {
      await training.unload();
    }
  },
});

/** @param {string} base */
function begun(base) {
  return base === '' ? service.createLoraTrainingClient(lora) : service.createTrainingClientFromStateWithOptimizer(known(base));
}

/** @param {string} state */
function known(state) {
  const path = pathOf.get(state);
  if (path === undefined) throw new Error(`there is no state ${state}`);
  return path;
}

/** Called in the order of the items, without awaiting in between. @param {import('tinkerjs').TrainingClient} training @param {Item} item @param {string} state @returns {Promise<Outcome>} */
async function outcomeOf(training, item, state) {
  const { does, data = '', state: loaded = '', optimizer = false } = item;
  switch (does) {
    case 'pass':
      return { digest: digestsOf(await pass(training, data)).join() };
    case 'forward':
      return { digest: digestsOf(await forward(training, data)).join() };
    case 'custom':
      return { digest: digestsOf(await custom(training, data)).join() };
    case 'optim':
      await optim(training);
      return {};
    case 'sampler': {
      return { digest: await sample(await training.saveWeightsAndGetSamplingClient()) };
    }
    case 'load': {
      const path = pathOf.get(loaded) ?? `tinker://${training.modelId}/weights/${nameOf(loaded)}`;
      await (optimizer ? training.loadStateWithOptimizer(path) : training.loadState(path));
      return {};
    }
    case 'save': {
      const { path } = await training.saveState(nameOf(state));
      pathOf.set(state, path);
      return { state, digest: await savedDigest(server.dataDir, path) };
    }
  }
}

/** @param {string} state */
function nameOf(state) {
  return `state-${state}`;
}
