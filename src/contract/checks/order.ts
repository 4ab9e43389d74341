import { isRecord } from '../../types/check.js';
import type { Workbench } from '../workbench.js';
import { checksOf } from '../check.js';
import { datum, lossOf } from '../data.js';
import { differs, failed, supported, type Verdict } from '../verdict.js';
import { brief, taken, type Answer } from '../wire.js';

const { check } = checksOf('order');

/** In which order requests are executed, and what becomes of repeated ones (wire protocol §9.2). */
export const orderChecks = [
  check('calls without awaiting', async ({ training, limits }) => {
    const client = await training.get();
    const steps = [1, 2, 3].map(() => client.step([datum()], 'cross_entropy', { learningRate: 0.002 }, limits));
    const losses = (await Promise.all(steps)).map(lossOf);
    const falls = losses.every((loss, index) => index === 0 || loss < (losses[index - 1] ?? loss));
    return falls ? supported('three steps at once') : failed(`three steps at once have losses of ${losses.join(', ')}`);
  }),
  check('order by seq_id', orderBySeqId),
  check('a repeated seq_id', repeatedSeqId),
];

/** The step with number 2 arrives before the pass with number 1; whether it has an effect shows what was first. */
async function orderBySeqId({ wire, raw }: Workbench): Promise<Verdict> {
  const model = await raw.get();
  const [pass, step, check] = [model.next(), model.next(), model.next()];
  const late = wire.run('optim_step', model.step(step));
  // Long enough for a request to arrive, on any network.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const before = lossIn(await wire.run('forward_backward', model.pass(pass)));
  taken(await late, 'optim_step');
  const after = lossIn(await wire.run('forward_backward', model.pass(check)));
  if (Number.isNaN(before) || Number.isNaN(after)) return failed('the passes give no log-probabilities');
  return after < before ? supported() : differs('by arrival: this client sends a request once the one before it is accepted');
}

/** A request that is sent again must not be executed again. */
async function repeatedSeqId({ wire, raw }: Workbench): Promise<Verdict> {
  const model = await raw.get();
  const seqId = model.next();
  const [first, again] = [await wire.post('forward_backward', model.pass(seqId)), await wire.post('forward_backward', model.pass(seqId))];
  const id = taken(first, 'forward_backward')['request_id'];
  taken(await wire.result(String(id)), 'forward_backward');
  if (again.status !== 200) return differs(`the repetition gets ${brief(again)}: after a lost answer this client stops and asks you`);
  if (again.body['request_id'] !== id) return differs('it runs again under another future: a pass or step whose answer was lost runs twice');
  const other = await wire.post('forward_backward', model.pass(seqId, 9));
  return supported(`the same future; another body under that number gets ${brief(other)}`);
}

/** The cross entropy in a pass's result in JSON; NaN where it cannot be read. */
function lossIn(answer: Answer): number {
  const { loss_fn_outputs: outputs } = taken(answer, 'forward_backward');
  const records: readonly unknown[] = Array.isArray(outputs) ? outputs : [];
  const logprobs = records.flatMap((record) => (isRecord(record) && isRecord(record['logprobs']) ? [record['logprobs']['data']] : [])).flat();
  return logprobs.length === 0 ? Number.NaN : -logprobs.reduce((sum: number, logprob) => sum + Number(logprob), 0);
}
