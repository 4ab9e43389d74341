import { TinkerError } from '../../types/errors.js';
import type { Workbench } from '../workbench.js';
import { checksOf } from '../check.js';
import { shortened } from '../ids.js';
import { differs, failed, isRefusal, notOffered, saying, supported, unlessRefused } from '../verdict.js';
import { brief } from '../wire.js';

const { check, required } = checksOf('saving');

const ttlSeconds = 7200;

/** Saving state to train on (wire protocol §2.5). */
export const saveChecks = [
  required('save state', async ({ state }) => supported(shortened((await state.get()).path))),
  check('what a checkpoint holds', async ({ wire, state }) => {
    const answer = await wire.post('weights_info', { tinker_path: (await state.get()).path });
    if (answer.status !== 200) return failed(brief(answer));
    const missing = ['base_model', 'is_lora', 'lora_rank', 'train_unembed', 'train_mlp', 'train_attn'].filter((field) => answer.body[field] === undefined);
    return missing.length === 0 ? supported() : differs(`does not say ${missing.join(', ')}: all parts are taken as trained`);
  }),
  check('refuses a name that is taken', async (bench) => {
    await bench.state.get();
    const answer = await refusalOf(bench, 'state');
    return answer === undefined ? differs('a checkpoint is replaced without being told to') : supported(answer);
  }),
  check('replacing a checkpoint', async (bench) => {
    const client = await bench.training.get();
    const { path } = await client.saveState(bench.name('twice'), bench.limits);
    bench.traces.checkpoint(path);
    return unlessRefused(async () => {
      const again = await client.saveState(bench.name('twice'), { overwrite: true, ...bench.limits });
      return again.path === path ? supported() : differs(`overwrite saves under another path: ${again.path}`);
    });
  }),
  check('dots in names', async (bench) => {
    const answer = await refusalOf(bench, 'v1.0');
    return answer === undefined ? supported() : notOffered(answer);
  }),
  check('time to live when saving', async (bench) => {
    const client = await bench.training.get();
    const { path } = await client.saveState(bench.name('ttl'), { ttlSeconds, ...bench.limits });
    bench.traces.checkpoint(path);
    const { checkpoints } = await bench.rest.listCheckpoints(client.modelId, bench.limits);
    const expires = checkpoints.find(({ tinkerPath }) => tinkerPath === path)?.expiresAt;
    if (expires === undefined) return differs('it is ignored: delete checkpoints yourself');
    const hours = (expires.getTime() - Date.now()) / 3_600_000;
    return hours > 1 && hours < 3 ? supported() : failed(`of 2 hours: it ends in ${hours.toFixed(1)} hours`);
  }),
];

/** What a save under a name is refused with; undefined where it is taken. */
async function refusalOf(bench: Workbench, label: string): Promise<string | undefined> {
  try {
    const { path } = await (await bench.training.get()).saveState(bench.name(label), bench.limits);
    bench.traces.checkpoint(path);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof TinkerError && isRefusal(thrown)) return saying(thrown);
    throw thrown;
  }
}

