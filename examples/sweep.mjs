/**
 * A sweep: four clients of one service train side by side, each with a learning rate of its own. Every client
 * has its own queue, so none waits for another.
 *
 *   node examples/sweep.mjs
 */
import Table from 'cli-table3';
import { ModelInput } from 'tinkerjs';
import { connect } from './connect.mjs';

const steps = 15;
const learningRates = [0.0003, 0.001, 0.003, 0.01];

const text = Buffer.from('The same data and the same seed; only the learning rate differs.');
const datum = {
  modelInput: ModelInput.fromInts([...text.subarray(0, -1)]),
  lossFnInputs: { target_tokens: [...text.subarray(1)], weights: Array.from(text.subarray(1), () => 1) },
};

const { service, baseModel, close } = await connect();

/** @param {number} learningRate */
async function train(learningRate) {
  const training = await service.createLoraTrainingClient({ baseModel, rank: 8, seed: 1, userMetadata: { learningRate: String(learningRate) } });
  // All steps are submitted at once and wait their turn in the client's queue.
  const submitted = Array.from({ length: steps }, () => training.step([datum], 'cross_entropy', { learningRate }));
  const results = await Promise.all(submitted);
  const losses = results.map(({ metrics }) => (metrics['loss:sum'] ?? Number.NaN) / (text.length - 1));
  return { learningRate, modelId: training.modelId, first: losses[0] ?? Number.NaN, last: losses.at(-1) ?? Number.NaN };
}

try {
  const runs = await Promise.all(learningRates.map(train));
  const best = runs.reduce((least, run) => (run.last < least.last ? run : least));
  const table = new Table({ head: ['learning rate', 'loss at step 1', `loss at step ${steps}`, ''], style: { head: [], border: [] } });
  for (const run of runs) table.push([run.learningRate, run.first.toFixed(4), run.last.toFixed(4), run === best ? 'best' : '']);
  console.log(table.toString());
} finally {
  await close();
}
