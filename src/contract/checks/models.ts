import type { Workbench } from '../workbench.js';
import { checksOf } from '../check.js';
import { effectOf } from '../effect.js';
import { idsLike } from '../ids.js';
import { differs, failed, supported, type Verdict } from '../verdict.js';
import { brief } from '../wire.js';

const { check, required } = checksOf('models');

/** Creating models and what their options do (wire protocol §2.3). */
export const modelChecks = [
  required('create a LoRA model', async ({ training }) => supported(idsLike((await training.get()).modelId))),
  check('what a model is', async ({ training, limits, baseModel }) => {
    const { modelData, isLora, loraRank } = await (await training.get()).getInfo(limits);
    if (modelData.modelName !== (await baseModel.get())) return differs(`names ${modelData.modelName ?? 'no base model'}`);
    const missing = [isLora === undefined ? 'whether it is LoRA' : '', loraRank === undefined ? 'its rank' : ''].filter((part) => part !== '');
    return missing.length === 0 ? supported(`rank ${loraRank}`) : differs(`does not say ${missing.join(' or ')}; those fields stay undefined`);
  }),
  check('seed of the adapter', seeds),
  check('which parts are trained', async (bench) => {
    const all = await bench.effects.usual.get();
    const attention = await effectOf(bench, { model: { trainMlp: false, trainUnembed: false } });
    return all === attention ? differs('trainAttn, trainMlp and trainUnembed change nothing') : supported();
  }),
  check('refuses rank 0', async ({ wire, raw, baseModel }) => {
    const { sessionId } = await raw.get();
    const lora_config = { rank: 0, train_unembed: true, train_mlp: true, train_attn: true };
    const answer = await wire.run('create_model', { session_id: sessionId, model_seq_id: 1, base_model: await baseModel.get(), lora_config, type: 'create_model' });
    const isRefused = answer.status >= 400 || 'error' in answer.body;
    return isRefused ? supported(brief(answer)) : differs('it is taken; this client refuses it before sending');
  }),
];

async function seeds(bench: Workbench): Promise<Verdict> {
  const [first, same] = [await bench.effects.usual.get(), await effectOf(bench)];
  const other = await effectOf(bench, { model: { seed: 8 } });
  if (!(first > 0)) return failed(`a step lowers the loss by ${first}`);
  if (first !== same) return differs('two models of one seed do not train alike');
  return first === other ? differs('models of two seeds train alike') : supported('models of one seed train alike');
}
