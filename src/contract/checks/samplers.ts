import type { Workbench } from '../workbench.js';
import { checksOf } from '../check.js';
import { datum, lossOf, prompt } from '../data.js';
import { greedy } from '../greedy.js';
import { idsLike } from '../ids.js';
import { differs, failed, supported, unlessRefused, type Verdict } from '../verdict.js';
import { brief, taken } from '../wire.js';

const { check, required } = checksOf('sampling clients');

/** Weights to sample from (wire protocol §2.5, §2.6). */
export const samplerChecks = [
  required('save for sampling, by name', async ({ sampler }) => supported(idsLike((await sampler.get()).samplingSessionId))),
  check('paths of what is saved for sampling', pathsOfSamplers),
  check('save for sampling, without a name', async ({ training, limits }) => {
    const sampler = await (await training.get()).saveWeightsAndGetSamplingClient(limits);
    await greedy(sampler, limits);
    return supported(idsLike(sampler.samplingSessionId));
  }),
  check('the base model itself', async ({ service, baseModel, limits }) =>
    unlessRefused(async () => {
      await greedy(await service.createSamplingClient({ baseModel: await baseModel.get(), ...limits }), limits);
      return supported();
    }),
  ),
  check('what is sampled from', async ({ sampler, limits }) => {
    const { baseModel, modelPath } = await (await sampler.get()).getSampler(limits);
    return modelPath === undefined ? differs(`names ${baseModel}, but no checkpoint`) : supported();
  }),
  check('checkpoints stay as they were', frozen),
];

/** By hand, since our client makes paths whole. */
async function pathsOfSamplers(bench: Workbench): Promise<Verdict> {
  const { wire, raw, traces } = bench;
  const model = await raw.get();
  const { modelId } = model;
  const body = { model_id: modelId, path: bench.name('raw'), seq_id: model.next(), type: 'save_weights_for_sampler' };
  const saved = await wire.run('save_weights_for_sampler', body);
  const path = String(taken(saved, 'save_weights_for_sampler')['path']);
  const whole = `tinker://${modelId}/sampler_weights/${bench.name('raw')}`;
  traces.checkpoint(whole);
  if (path === whole) return supported('tinker://RUN/sampler_weights/NAME');
  return path === `tinker://${modelId}/${bench.name('raw')}` ? differs('tinker://RUN/NAME; this client makes it whole') : failed(`${path} (${brief(saved)})`);
}

/** Trains on after a save, and looks whether what was saved is still the same, and training goes on undisturbed. */
async function frozen(bench: Workbench): Promise<Verdict> {
  const training = await bench.training.get();
  const older = await bench.sampler.get();
  const before = await older.computeLogprobs(prompt(), bench.limits);
  for (let step = 0; step < 3; step += 1) await training.step([datum()], 'cross_entropy', { learningRate: 0.01 }, bench.limits);
  const trained = lossOf(await training.forward([datum()], 'cross_entropy', undefined, bench.limits));
  const { path } = await training.saveWeightsForSampler(bench.name('later'), bench.limits);
  bench.traces.checkpoint(path);
  const newer = await bench.service.createSamplingClient({ modelPath: path, ...bench.limits });
  const later = await newer.computeLogprobs(prompt(), bench.limits);
  if (later.join() === before.join()) return failed('a later checkpoint samples like an earlier one');
  const again = await older.computeLogprobs(prompt(), bench.limits);
  const disturbed = lossOf(await training.forward([datum()], 'cross_entropy', undefined, bench.limits)) !== trained;
  if (disturbed) return differs('sampling from a checkpoint changes the weights in training: save under a new name, sample, and go on');
  return again.join() === before.join() ? supported() : differs('an older checkpoint samples like a newer one: sample from the newest only');
}
