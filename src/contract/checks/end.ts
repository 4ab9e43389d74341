import { checksOf } from '../check.js';
import { differs, supported } from '../verdict.js';
import { brief } from '../wire.js';

const { check } = checksOf('end');

/** Leaving nothing behind (wire protocol §2.3). */
export const endChecks = [
  check('unload a model', async ({ wire, raw, traces }) => {
    const model = await raw.get();
    await model.unload();
    traces.forget(model.modelId);
    const answer = await wire.run('forward_backward', model.pass(model.next()));
    const isGone = answer.status >= 400 || 'error' in answer.body;
    return isGone ? supported(`afterwards ${brief(answer).slice(0, 60)}`) : differs('it can still be trained');
  }),
];
