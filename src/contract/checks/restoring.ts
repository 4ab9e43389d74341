import type { Workbench } from '../workbench.js';
import { checksOf } from '../check.js';
import { trainOn } from '../moment.js';
import { differs, failed, supported, unlessRefused, type Verdict } from '../verdict.js';

const { check, required } = checksOf('restoring');

// A client that starts afresh is off by far more after a step; what is left are rounding errors.
const tolerance = 1e-3;

/** Going on from a checkpoint (wire protocol §2.5). */
export const restoreChecks = [
  required('resume with the optimizer', async (bench) => {
    const errors = await resumed(bench, true);
    const worst = Math.max(...errors);
    if (worst === 0) return supported('the same losses, bit for bit');
    return worst < tolerance ? supported(`the same losses but for ${worst.toPrecision(1)}`) : failed(`losses are off by ${errors.join(', ')}`);
  }),
  check('resume with weights only', resumedWithWeights),
  check('loading into a model in training', async ({ training, state, limits }) => {
    const { path } = await state.get();
    return unlessRefused(async () => {
      await (await training.get()).loadStateWithOptimizer(path, limits);
      return supported();
    });
  }),
  check('a checkpoint that is not there', async ({ wire, raw }) => {
    const { modelId } = await raw.get();
    const { status } = await wire.post('weights_info', { tinker_path: `tinker://${modelId}/weights/no-such-checkpoint` });
    return status === 404 ? supported('404') : differs(`is said with ${status}`);
  }),
];

/** By how much each loss is off when training goes on from the checkpoint. */
async function resumed(bench: Workbench, loadOptimizer: boolean): Promise<readonly number[]> {
  const { path, losses } = await bench.state.get();
  const restored = await bench.service.createTrainingClientFromState(path, { loadOptimizer, ...bench.limits });
  const again = await bench.traces.using(restored, (training) => trainOn(bench, training));
  return losses.map((loss, step) => Math.abs(loss - (again[step] ?? Number.NaN)));
}

async function resumedWithWeights(bench: Workbench): Promise<Verdict> {
  const errors = await resumed(bench, false);
  const [first = Number.NaN] = errors;
  if (!(first < tolerance)) return failed(`the loss is off by ${first} before the first step`);
  return Math.max(...errors) > tolerance ? supported('the optimizer starts afresh') : differs('the optimizer goes on as if it had been loaded');
}
