import type { LossFnConfig } from '../../types/training.js';
import type { Check } from '../check.js';
import { checksOf } from '../check.js';
import { datum, logprobsOf, rewarded } from '../data.js';
import { failed, supported, unlessRefused } from '../verdict.js';

const { check } = checksOf('losses');

/** The loss functions beside cross entropy (wire protocol §9.4). */
export const lossChecks: readonly Check[] = [
  lossCheck('importance_sampling'),
  lossCheck('ppo', { clip_low_threshold: 0.9, clip_high_threshold: 1.1 }),
  lossCheck('cispo', { clip_low_threshold: 0, clip_high_threshold: 3 }),
  lossCheck('dro'),
];

function lossCheck(lossFn: string, config?: LossFnConfig): Check {
  return check(config === undefined ? lossFn : `${lossFn} with thresholds`, async ({ training, limits }) => {
    const client = await training.get();
    const [logprobs = []] = logprobsOf(await client.forward([datum()], 'cross_entropy', undefined, limits));
    return unlessRefused(async () => {
      const [after = []] = logprobsOf(await client.forwardBackward([rewarded(logprobs)], lossFn, config, limits));
      // No other check is to begin with these gradients.
      await client.optimStep({ learningRate: 0 }, limits);
      const worst = Math.max(...logprobs.map((logprob, index) => Math.abs(logprob - (after[index] ?? Infinity))));
      return worst < 1e-3 ? supported() : failed(`its log-probabilities are up to ${worst.toPrecision(2)} off those of a forward pass`);
    });
  });
}
