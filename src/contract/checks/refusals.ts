import type { Workbench } from '../workbench.js';
import { checksOf, type Check } from '../check.js';
import { wirePass } from '../data.js';
import { differs, failed, supported, type Verdict } from '../verdict.js';
import { brief, type Answer } from '../wire.js';

const { check } = checksOf('refusals');

/** In which shape a server says no (wire protocol §1.8, §9.7). */
export const refusalChecks: readonly Check[] = [
  check('a model that is not there', async ({ wire }) => refused(await wire.run('optim_step', { adam_params: {}, model_id: 'no-such-model', seq_id: 1, type: 'optim_step' }))),
  check('a path that is none', async ({ wire }) => refused(await wire.post('weights_info', { tinker_path: 'tinker://nothing' }))),
  check('a request that lacks a field', async ({ wire }) => refused(await wire.post('forward_backward', { seq_id: 1 }))),
  check('a loss that is not there', async ({ wire, raw }) => {
    const model = await raw.get();
    const forward_backward_input = { ...wirePass(), loss_fn: 'no_such_loss' };
    return refused(await wire.run('forward_backward', { forward_backward_input, model_id: model.modelId, seq_id: model.next() }));
  }),
  check('a call that is not there', async ({ wire }) => {
    const answer = await wire.post('no_such_call', {});
    return answer.status === 404 ? supported(brief(answer)) : failed(brief(answer));
  }),
  check('an operation that fails', failingOperation),
];

/** More targets than tokens: servers notice that while they work on it, or before. */
async function failingOperation({ wire, raw }: Workbench): Promise<Verdict> {
  const model = await raw.get();
  const tensor = (data: readonly number[], dtype: string): object => ({ data, dtype, shape: [data.length] });
  const targets = Array.from({ length: 300 }, () => 40);
  const loss_fn_inputs = { target_tokens: tensor(targets, 'int64'), weights: tensor(targets.map(() => 1), 'float32') };
  const data = [{ model_input: { chunks: [{ tokens: [40, 41], type: 'encoded_text' }] }, loss_fn_inputs }];
  const body = { forward_backward_input: { data, loss_fn: 'cross_entropy' }, model_id: model.modelId, seq_id: model.next() };
  const receipt = await wire.post('forward_backward', body);
  const { request_id: id } = receipt.body;
  if (receipt.status !== 200 || typeof id !== 'string') return refused(receipt);
  const answer = await wire.result(id);
  if (answer.status === 200 && 'error' in answer.body) return supported(`a result with an error, category ${String(answer.body['category'])}`);
  return answer.status === 400 ? differs('400 in place of the result; this client reads it as a failed operation') : failed(`300 targets for 2 tokens: ${brief(answer)}`);
}

/** A refusal is one by its status, or by the error that came of the operation. */
function refused(answer: Answer): Verdict {
  const { status, body } = answer;
  if (status >= 400 && status < 500) return supported(cut(brief(answer)));
  if (status === 200 && 'error' in body) return supported(cut(`a failed operation: ${brief(answer)}`));
  return status >= 500 ? differs(`${cut(brief(answer))}: asked again for a while before this client gives up`) : failed(`it is taken: ${status}`);
}

function cut(text: string): string {
  return text.length > 90 ? `${text.slice(0, 90)}…` : text;
}
