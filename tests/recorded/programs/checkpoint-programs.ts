import { smallClient, type Program } from './program.js';

const input = { prompt: [1, 2, 3], samplingParams: { maxTokens: 2, seed: 1 } };

const checkpoints: Program = {
  name: 'checkpoints',
  run: async ({ open }) => {
    const service = open();
    const training = await smallClient(service);
    const saved = await training.saveState('full', { ttlSeconds: 7200, overwrite: true });
    await training.saveState('plain');
    const sampler = await training.saveWeightsForSampler('sampled', { ttlSeconds: 7200 });
    await training.saveWeightsForSampler('plain');
    const named = await training.createSamplingClient(sampler.path);
    await named.sample(input);
    const ephemeral = await training.saveWeightsAndGetSamplingClient();
    await ephemeral.sample(input);

    const loaded = await smallClient(service, 2);
    await loaded.loadState(saved.path);
    await loaded.loadStateWithOptimizer(saved.path);
  },
};

const restore: Program['run'] = async ({ open }) => {
  const service = open();
  const training = await smallClient(service);
  const { path } = await training.saveState('saved');
  await service.createTrainingClientFromState(path, { userMetadata: { from: 'state' } });
  await service.createTrainingClientFromStateWithOptimizer(path, { baseModel: 'local/tiny' });
};

const accessToken = 'tml-another-account';

const access: Program = {
  name: 'access-token',
  python: 'access_token',
  otherKey: accessToken,
  run: async ({ open }) => {
    const service = open();
    const training = await smallClient(service);
    const { path } = await training.saveState('theirs');
    const loaded = await smallClient(service);
    await loaded.loadState(path, { weightsAccessToken: accessToken });
    await service.createTrainingClientFromState(path, { weightsAccessToken: accessToken });
  },
};

const rest: Program = {
  name: 'rest',
  run: async ({ open }) => {
    const service = open();
    const training = await smallClient(service);
    const runId = training.modelId;
    const sessionId = runId.split(':')[0] ?? '';
    const { path: saved } = await training.saveState('kept');
    const { path: doomed } = await training.saveState('doomed');
    await training.saveState('removed');
    const { path: sampled } = await training.saveWeightsForSampler('sampled');
    const sampler = await service.createSamplingClient({ modelPath: sampled });

    const client = service.createRestClient();
    await client.getTrainingRun(runId);
    await client.getTrainingRun(runId, { accessScope: 'accessible' });
    await client.getTrainingRunByTinkerPath(saved);
    await client.getWeightsInfoByTinkerPath(saved);
    await client.listTrainingRuns();
    await client.listTrainingRuns({ limit: 1, offset: 1, accessScope: 'accessible', projectId: 'project-a' });
    await client.listCheckpoints(runId);
    await client.listUserCheckpoints();
    await client.listUserCheckpoints({ limit: 2, offset: 2 });
    await client.publishCheckpointFromTinkerPath(saved);
    await client.unpublishCheckpointFromTinkerPath(saved);
    await client.setCheckpointTtlFromTinkerPath(saved, 7200);
    await client.setCheckpointTtlFromTinkerPath(saved, null);
    await client.deleteCheckpointFromTinkerPath(doomed);
    await client.deleteCheckpoint(runId, 'weights/removed');
    await client.getSession(sessionId);
    await client.getSession(sessionId, { accessScope: 'accessible' });
    await client.listSessions();
    await client.listSessions({ limit: 1, offset: 1, accessScope: 'accessible' });
    await client.assignSessionProject(sessionId, 'project-2');
    await client.exportSessionTrace(sessionId);
    await client.getSampler(sampler.samplingSessionId);
    await client.getBillingUsage({ startingOn: new Date(Date.UTC(2026, 6, 13)), endingBefore: '2026-07-13T05:00:00Z' });
    await client.getAuditLog();
    await client.getAuditLog({ eventType: 'checkpoints', day: '2026-07-13' });
    await client.getCheckpointArchiveUrl(runId, 'weights/kept');
    await client.getCheckpointArchiveUrlFromTinkerPath(sampled);
  },
};

export const checkpointPrograms: readonly Program[] = [
  checkpoints,
  { name: 'restore', run: restore },
  { name: 'restore-by-loading', python: 'restore', clientConfig: { create_model_via_load_weights: true }, run: restore },
  access,
  rest,
];
