import type { Workbench } from '../workbench.js';
import { checksOf } from '../check.js';
import { differs, failed, supported, type Verdict } from '../verdict.js';
import { brief, isPending, taken, type Answer } from '../wire.js';

const { check } = checksOf('results');

/** Asking for results (wire protocol §3). */
export const futureChecks = [
  check('a result that takes its time', waiting),
  check('a result that was asked for before', async ({ wire, raw }) => {
    const model = await raw.get();
    const { request_id: id } = taken(await wire.post('optim_step', model.step(model.next())), 'optim_step');
    taken(await wire.result(String(id)), 'optim_step');
    const again = await wire.poll(String(id));
    return again.status === 200 && !('error' in again.body) ? supported('it is kept') : differs(`is gone: ${brief(again)}`);
  }),
  check('a result that is not there', async ({ wire }) => {
    const answer = await wire.poll('999999999');
    if (answer.status === 404 || answer.status === 410) return supported(brief(answer));
    return 'error' in answer.body ? supported('a result with an error') : failed(brief(answer));
  }),
  check('a checkpoint that is still being saved', async (bench) => {
    const { wire, raw, traces } = bench;
    const model = await raw.get();
    const body = { model_id: model.modelId, path: bench.name('soon'), seq_id: model.next(), type: 'save_weights' };
    const { request_id: id } = taken(await wire.post('save_weights', body), 'save_weights');
    const path = traces.checkpoint(`tinker://${model.modelId}/weights/${bench.name('soon')}`);
    const early = await wire.post('weights_info', { tinker_path: path });
    taken(await wire.result(String(id)), 'save_weights');
    const late = await wire.post('weights_info', { tinker_path: path });
    if (late.status !== 200) return failed(brief(late));
    return early.status === 425 ? differs('425 until it is there; this client waits for that') : supported(`${early.status} until it is there`);
  }),
];

/** Asks at once, and goes by what the first answers are. */
async function waiting({ wire, raw }: Workbench): Promise<Verdict> {
  const model = await raw.get();
  const { request_id: id } = taken(await wire.post('forward_backward', model.pass(model.next(), 40)), 'forward_backward');
  const pending: Answer[] = [];
  let answer = await wire.poll(String(id));
  while (isPending(answer)) {
    pending.push(answer);
    answer = await wire.poll(String(id));
  }
  taken(answer, 'forward_backward');
  const [first] = pending;
  if (first === undefined) return supported(`held until it is there: ${Math.round(answer.ms)} ms`);
  if (first.status === 408) return differs(`408 after ${Math.round(first.ms)} ms; this client asks again`);
  const { queue_state: queue } = first.body;
  return supported(`asked again ${pending.length} time(s)${typeof queue === 'string' ? `, queue ${queue}` : ''}`);
}
