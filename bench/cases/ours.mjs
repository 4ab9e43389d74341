/**
 * One case with our client, as a user would write it: the public API, protobuf, tokens and numbers in plain
 * arrays, in `big-batch` in typed arrays.
 *
 *   node bench/cases/ours.mjs CASE --url URL [--scale F]
 */
import { ModelInput, ServiceClient } from 'tinkerjs';
import { tokens, typedTokens, typedWeights, weights } from './data.mjs';
import { inFlight, pipelined, report, sinceStart, soak, span } from './measure.mjs';
import { asked, work } from './work.mjs';

const { name, url, settings } = asked();
const { operations, warmUp, ahead, datums, warmUpDatums } = settings;
const { baseModel, rank, lossFn, learningRate } = work;

// Loaded only where somebody looks on: the start is measured too.
const { inspect, end } = process.env['BENCH_INSPECT'] === undefined ? { inspect: undefined, end: undefined } : await (await import('./inspect.mjs')).watched();
const service = new ServiceClient({ baseUrl: url, apiKey: 'tml-bench', inspect });
const openTraining = () => service.createLoraTrainingClient({ baseModel, rank });

/** @typedef {import('tinkerjs').TrainingClient} TrainingClient */

/** @param {TrainingClient} training */
const saveOrLoad = (training) => (/** @type {number} */ at) =>
  at % 2 === 0 ? training.saveState('bench') : training.loadState('tinker://bench:train:0/weights/bench');

/** @param {number} seed */
function plainDatum(seed) {
  return {
    modelInput: ModelInput.fromInts(tokens(settings.tokens, seed)),
    lossFnInputs: { target_tokens: tokens(settings.tokens, seed + 1), weights: weights(settings.tokens) },
  };
}

/** @param {number} seed */
function typedDatum(seed) {
  return {
    modelInput: ModelInput.fromInts(typedTokens(settings.tokens, seed)),
    lossFnInputs: { target_tokens: typedTokens(settings.tokens, seed + 1), weights: typedWeights(settings.tokens) },
  };
}

const cases = {
  start: async () => {
    const training = await openTraining();
    await training.saveState('bench');
    return { spent: sinceStart(), extra: {} };
  },
  'in-turn': async () => {
    const run = saveOrLoad(await openTraining());
    const each = async (/** @type {number} */ count) => {
      for (let at = 0; at < count; at += 1) await run(at);
    };
    await each(warmUp);
    return { spent: await span(() => each(operations)), extra: {} };
  },
  'at-once': async () => {
    const run = saveOrLoad(await openTraining());
    await pipelined(warmUp, warmUp, run);
    return { spent: await span(() => pipelined(operations, operations, run)), extra: {} };
  },
  step: async () => {
    const training = await openTraining();
    const batches = [0, 1, 2, 3].map((batch) => Array.from({ length: datums }, (_, at) => plainDatum(batch * datums + at)));
    const run = (/** @type {number} */ at) => training.step(batches[at % batches.length] ?? [], lossFn, { learningRate });
    await pipelined(warmUp, ahead, run);
    return { spent: await span(() => pipelined(operations, ahead, run)), extra: {} };
  },
  'big-batch': async () => {
    const training = await openTraining();
    const data = Array.from({ length: datums }, (_, at) => typedDatum(at));
    await training.forwardBackward(data.slice(0, warmUpDatums), lossFn);
    const spent = await span(async () => {
      const { lossFnOutputs } = await training.forwardBackward(data, lossFn);
      const read = lossFnOutputs.reduce((sum, { logprobs }) => sum + (logprobs?.data.length ?? 0), 0);
      if (read !== datums * settings.tokens) throw new Error(`the result has ${read} log-probabilities`);
    });
    return { spent, extra: {} };
  },
  sample: async () => {
    const sampling = await service.createSamplingClient({ baseModel });
    const samplingParams = { maxTokens: settings.maxTokens };
    const prompts = Array.from({ length: 16 }, (_, seed) => tokens(settings.promptTokens, seed));
    const run = async (/** @type {number} */ at) => {
      const { sequences } = await sampling.sample({ prompt: prompts[at % prompts.length] ?? [], samplingParams });
      if (sequences[0]?.tokens.length !== settings.maxTokens) throw new Error('the sample is not whole');
    };
    await inFlight(warmUp, ahead, run);
    return { spent: await span(() => inFlight(operations, ahead, run)), extra: {} };
  },
  soak: async () => {
    const run = saveOrLoad(await openTraining());
    await run(0);
    return soak(settings, (count) => pipelined(count, ahead, run));
  },
};

const { spent, extra } = await cases[name]();
report({ case: name, client: 'ours', operations, ...spent }, extra);
await service.close();
await end?.();
