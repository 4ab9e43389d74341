import type { Workbench } from '../workbench.js';
import { checksOf } from '../check.js';
import type { Checkpoint } from '../../types/checkpoint-listing.js';
import { differs, failed, notOffered, supported, unlessRefused } from '../verdict.js';
import { brief, isNoRoute } from '../wire.js';

const { check } = checksOf('administration');

const ttlSeconds = 7200;

/** What can be done with checkpoints (wire protocol §2.5). */
export const administrationChecks = [
  check('publish, and take it back', async (bench) => {
    const { path } = await bench.state.get();
    await bench.rest.publishCheckpointFromTinkerPath(path, bench.limits);
    const isPublic = (await listed(bench, path))?.public === true;
    await bench.rest.unpublishCheckpointFromTinkerPath(path, bench.limits);
    const isPrivate = (await listed(bench, path))?.public === false;
    return isPublic && isPrivate ? supported() : differs('the listing does not show it');
  }),
  check('time to live, later', async (bench) => {
    const { path } = await bench.state.get();
    await bench.rest.setCheckpointTtlFromTinkerPath(path, ttlSeconds, bench.limits);
    const ends = (await listed(bench, path))?.expiresAt;
    await bench.rest.setCheckpointTtlFromTinkerPath(path, null, bench.limits);
    const endsAfter = (await listed(bench, path))?.expiresAt;
    return ends !== undefined && endsAfter === undefined ? supported() : differs('the listing does not show it');
  }),
  check('delete', async (bench) =>
    unlessRefused(async () => {
      const { path } = await (await bench.training.get()).saveState(bench.name('delete'), bench.limits);
      bench.traces.checkpoint(path);
      await bench.rest.deleteCheckpointFromTinkerPath(path, bench.limits);
      bench.traces.forget(path);
      const { status } = await bench.wire.post('weights_info', { tinker_path: path });
      return status === 404 ? supported() : failed(`it is still there: ${status}`);
    }),
  ),
  check('refuses a bare name', async ({ wire, training }) => {
    const { modelId } = await training.get();
    const answer = await wire.ask('DELETE', `training_runs/${encodeURIComponent(modelId)}/checkpoints/no-such-name`);
    if (isNoRoute(answer)) return notOffered(brief(answer));
    return answer.status === 400 ? supported() : differs(`${brief(answer)}; this client always names the kind`);
  }),
];

async function listed({ rest, training, limits }: Workbench, path: string): Promise<Checkpoint | undefined> {
  const { modelId } = await training.get();
  const { checkpoints } = await rest.listCheckpoints(modelId, limits);
  return checkpoints.find(({ tinkerPath }) => tinkerPath === path);
}
