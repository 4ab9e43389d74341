import type { CustomLossResult } from '../../training/custom-loss.js';
import type { Datum } from '../../types/data.js';
import type { TensorData } from '../../types/tensor.js';
import type { Workbench } from '../workbench.js';
import { checksOf } from '../check.js';
import { datum, logprobsOf, lossOf } from '../data.js';
import { effectOf, proportional } from '../effect.js';
import { differs, failed, supported, type Verdict } from '../verdict.js';

const { check, required } = checksOf('training');

/** Passes and optimizer steps (wire protocol §2.4). */
export const trainingChecks = [
  check('forward', async ({ training, limits }) => {
    const client = await training.get();
    const output = await client.forward([datum(12), datum(5)], 'cross_entropy', undefined, limits);
    const again = await client.forward([datum(12), datum(5)], 'cross_entropy', undefined, limits);
    const counts = logprobsOf(output).map(({ length }) => length);
    if (counts.join() !== '12,5') return failed(`gave ${counts.join(' and ')} log-probabilities for 12 and 5 targets`);
    return lossOf(output) === lossOf(again) ? supported() : differs(`the same pass twice gives losses of ${lossOf(output)} and ${lossOf(again)}`);
  }),
  required('forward_backward', async ({ training, limits }) => {
    const output = await (await training.get()).forwardBackward([datum()], 'cross_entropy', undefined, limits);
    return Number.isFinite(lossOf(output)) ? supported() : failed(`a loss of ${lossOf(output)}`);
  }),
  check('the loss among the metrics', async ({ training, limits }) => {
    const { metrics } = await (await training.get()).forward([datum()], 'cross_entropy', undefined, limits);
    if (metrics['loss:sum'] !== undefined) return supported('loss:sum');
    const names = Object.keys(metrics);
    return differs(`metrics: ${names.length === 0 ? 'none' : names.join(', ')}; add up the log-probabilities of the outputs`);
  }),
  required('optim_step', async ({ training, limits }) => {
    const client = await training.get();
    const before = lossOf(await client.forward([datum()], 'cross_entropy', undefined, limits));
    const { metrics = {} } = await client.optimStep({ learningRate: 0.005 }, limits);
    const after = lossOf(await client.forward([datum()], 'cross_entropy', undefined, limits));
    if (!(after < before)) return failed(`the loss is ${before} before and ${after} after it`);
    return supported(Object.keys(metrics).join(', '));
  }),
  check('gradients gather', gathering),
  check('a new model begins without gradients', async (bench) => {
    await bench.traces.using(await bench.model(), (earlier) =>
      Promise.resolve(earlier.forwardBackward([datum(12, { start: 40 })], 'cross_entropy', undefined, bench.limits)),
    );
    const [first, second] = [await effectOf(bench), await effectOf(bench)];
    return first === second ? supported() : differs('those of an unloaded model are left for the next one: unload after optimStep only');
  }),
  check('losses are sums', async (bench) => {
    const ratio = (await effectOf(bench, { adam: proportional, weight: 2 })) / (await bench.effects.proportional.get());
    if (Number.isNaN(ratio)) return failed('a step with a large eps has no effect to compare');
    if (ratio > 1.5) return supported('doubled weights double the gradient');
    return differs('doubled weights do not double the gradient: weights are normalised, and custom losses need weights of one positive sum');
  }),
  check('clipping of gradients', async (bench) => {
    const clipped = await effectOf(bench, { adam: { ...proportional, gradClipNorm: 1e-3 } });
    const ratio = clipped / (await bench.effects.proportional.get());
    return Math.abs(ratio) < 0.5 ? supported() : differs('gradClipNorm changes nothing');
  }),
  check('custom loss', customLoss),
];

/** Two passes before a step must do more than the second alone; the loss is that of both. */
async function gathering(bench: Workbench): Promise<Verdict> {
  const after = async (...starts: readonly number[]): Promise<number> =>
    bench.traces.using(await bench.model(), async (training) => {
      const passes = starts.map((start) => training.forwardBackward([datum(12, { start })], 'cross_entropy', undefined, bench.limits));
      const step = training.optimStep(proportional, bench.limits);
      const output = await training.forward([datum(12, { start: 40 })], 'cross_entropy', undefined, bench.limits);
      await Promise.all([...passes, step]);
      return lossOf(output);
    });
  return (await after(40, 3)) === (await after(3)) ? differs('a pass before the last one is forgotten') : supported();
}

/** The cross entropy as a loss of the caller's own must do what the server's own does. */
async function customLoss(bench: Workbench): Promise<Verdict> {
  const expected = await bench.effects.proportional.get();
  const effect = await bench.traces.using(await bench.model(), async (training) => {
    const pass = training.forwardBackwardCustom([datum()], crossEntropy, bench.limits);
    const step = training.optimStep(proportional, bench.limits);
    const after = await training.forward([datum()], 'cross_entropy', undefined, bench.limits);
    await step;
    return (await pass).loss - lossOf(after);
  });
  const ratio = effect / expected;
  return Math.abs(ratio - 1) < 0.2 ? supported() : differs(`its gradient is ${ratio.toPrecision(2)} times that of the same loss on the server`);
}

function crossEntropy(_: readonly Datum[], logprobs: readonly TensorData[]): CustomLossResult {
  const rows = logprobs.map(({ data }) => Array.from(data, Number));
  return { loss: -rows.flat().reduce((sum, logprob) => sum + logprob, 0), gradients: rows.map((row) => row.map(() => -1)) };
}
