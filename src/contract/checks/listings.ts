import { checksOf } from '../check.js';
import { differs, failed, supported } from '../verdict.js';

const { check } = checksOf('listings');

/** Runs, checkpoints and sessions (wire protocol §2.5, §2.8). */
export const listingChecks = [
  check('a training run', async ({ rest, training, limits }) => {
    const { modelId } = await training.get();
    const run = await rest.getTrainingRun(modelId, limits);
    return run.trainingRunId === modelId ? supported() : failed(`another run: ${run.trainingRunId}`);
  }),
  check('training runs', async ({ rest, training, limits }) => {
    const { modelId } = await training.get();
    const { trainingRuns, cursor } = await rest.listTrainingRuns({ limit: 100, ...limits });
    const counted = cursor === undefined ? 'in one piece' : `${cursor.totalCount} in all`;
    return trainingRuns.some(({ trainingRunId }) => trainingRunId === modelId) ? supported(counted) : differs(`ours is not among the first 100 (${counted})`);
  }),
  check('checkpoints of a run', async ({ rest, training, state, limits }) => {
    const [{ modelId }, { path }] = [await training.get(), await state.get()];
    const { checkpoints } = await rest.listCheckpoints(modelId, limits);
    const ours = checkpoints.find(({ tinkerPath }) => tinkerPath === path);
    if (ours === undefined) return failed('ours is not among them');
    const missing = [ours.checkpointId.includes('/') ? '' : 'ids lack the kind', ours.sizeBytes === undefined ? 'no sizes' : ''].filter((part) => part !== '');
    return missing.length === 0 ? supported() : differs(`${missing.join(', ')}; tinkerPath is unambiguous`);
  }),
  check('checkpoints of the user', async ({ rest, state, limits }) => {
    const { path } = await state.get();
    const { checkpoints } = await rest.listUserCheckpoints(limits);
    return checkpoints.some(({ tinkerPath }) => tinkerPath === path) ? supported() : failed('ours is not among the newest');
  }),
  check('sessions', async ({ rest, service, limits }) => {
    const { session } = service.getSnapshot();
    const { sessions } = await rest.listSessions(limits);
    return sessions.includes(session.sessionId ?? '') ? supported() : failed('ours is not among the newest');
  }),
  check('a session', async ({ rest, service, training, limits }) => {
    const { modelId } = await training.get();
    const { trainingRunIds } = await rest.getSession(service.getSnapshot().session.sessionId ?? '', limits);
    return trainingRunIds.includes(modelId) ? supported() : failed('our run is not in it');
  }),
];
