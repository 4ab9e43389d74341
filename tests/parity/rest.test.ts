import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { RestClient, ServiceClient, TrainingClient } from '../../src/index.js';
import { batch, liveService, train } from '../support/live-training.js';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';

jest.setTimeout(120_000);

let server: ServerProcess;
let service: ServiceClient;
let rest: RestClient;
let training: TrainingClient;
let saved: string;
let sampled: string;
let began: Date;
beforeAll(async () => {
  began = new Date();
  server = await startServerProcess({ args: ['--jwt'] });
  service = liveService(server, { userMetadata: { purpose: 'parity' } });
  rest = service.createRestClient();
  training = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 8, seed: 1, userMetadata: { name: 'first' } });
  await train(training, 1, 2);
  saved = (await training.saveState('kept')).path;
  sampled = (await training.saveWeightsForSampler('sampled')).path;
});
afterAll(async () => {
  await service.close();
  await server.close();
});

/** A checkpoint that a test may do away with. */
async function spare(name: string): Promise<string> {
  return (await training.saveState(name)).path;
}

async function listed(path: string) {
  const { checkpoints } = await rest.listCheckpoints(training.modelId);
  return checkpoints.find(({ tinkerPath }) => tinkerPath === path);
}

async function sessionId(): Promise<string> {
  const { sessions } = await rest.listSessions();
  return sessions[0] ?? '';
}

describe('RestClient', () => {
  it('get_training_run', async () => {
    const run = await rest.getTrainingRun(training.modelId);
    expect(run).toMatchObject({
      trainingRunId: training.modelId,
      baseModel: 'local/tiny',
      isLora: true,
      loraRank: 8,
      corrupted: false,
      userMetadata: { name: 'first' },
      lastSamplerCheckpoint: { tinkerPath: sampled },
    });
    expect(run.lastRequestTime).toBeInstanceOf(Date);
  });

  it('TrainingRun: unknown ones are not found', async () => {
    await expect(rest.getTrainingRun('no-such-run')).rejects.toMatchObject({ kind: 'http', status: 404 });
  });

  it('get_training_run_by_tinker_path', async () => {
    expect((await rest.getTrainingRunByTinkerPath(saved)).trainingRunId).toBe(training.modelId);
  });

  it('get_weights_info_by_tinker_path', async () => {
    expect(await rest.getWeightsInfoByTinkerPath(saved)).toMatchObject({ baseModel: 'local/tiny', isLora: true, loraRank: 8 });
  });

  it('list_training_runs', async () => {
    const other = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 2 });
    const { trainingRuns, cursor } = await rest.listTrainingRuns();
    expect(trainingRuns.map(({ trainingRunId }) => trainingRunId)).toEqual([other.modelId, training.modelId]);
    expect(cursor).toEqual({ offset: 0, limit: 20, totalCount: 2 });
    const all = [];
    for await (const { trainingRunId } of rest.iterateTrainingRuns({ pageSize: 1 })) all.push(trainingRunId);
    expect(all).toEqual([other.modelId, training.modelId]);
  });

  it('list_checkpoints', async () => {
    const { checkpoints } = await rest.listCheckpoints(training.modelId);
    expect(checkpoints.map(({ tinkerPath }) => tinkerPath)).toEqual(expect.arrayContaining([saved, sampled]));
  });

  it('Checkpoint: says what it is, when it was saved and how large it is', async () => {
    const checkpoint = await listed(saved);
    expect(checkpoint).toMatchObject({ checkpointId: 'weights/kept', checkpointType: 'training', public: false });
    expect(checkpoint?.sizeBytes).toBeGreaterThan(1000);
    expect(checkpoint?.time).toBeInstanceOf(Date);
    expect(checkpoint?.expiresAt).toBeUndefined();
  });

  it('CheckpointType: training and sampler', async () => {
    expect([(await listed(saved))?.checkpointType, (await listed(sampled))?.checkpointType]).toEqual(['training', 'sampler']);
  });

  it('list_user_checkpoints', async () => {
    const { checkpoints, cursor } = await rest.listUserCheckpoints();
    expect(cursor).toMatchObject({ offset: 0, limit: 100 });
    const iterated = [];
    for await (const { tinkerPath } of rest.iterateUserCheckpoints({ pageSize: 1 })) iterated.push(tinkerPath);
    expect(iterated).toEqual(checkpoints.map(({ tinkerPath }) => tinkerPath));
  });

  it('get_checkpoint_archive_url', async () => {
    const { url, expires } = await rest.getCheckpointArchiveUrl(training.modelId, 'sampler_weights/sampled');
    expect(expires).toBeInstanceOf(Date);
    expect((await fetch(url)).status).toBe(200);
  });

  it('get_checkpoint_archive_url_from_tinker_path', async () => {
    const { url } = await rest.getCheckpointArchiveUrlFromTinkerPath(saved);
    const folder = await mkdtemp(join(tmpdir(), 'tinkerjs-archive-'));
    try {
      expect((await fetch(url)).headers.get('content-length')).toMatch(/^\d+$/);
      const { files } = await rest.downloadCheckpoint(saved, join(folder, 'kept'));
      expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining(['adapter_config.json', 'adapter_model.safetensors']));
      expect(await readdir(join(folder, 'kept'))).toEqual(expect.arrayContaining(['adapter_config.json', 'adapter_model.safetensors']));
      expect(await readdir(folder)).toEqual(['kept']);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('delete_checkpoint', async () => {
    const path = await spare('to-delete');
    await rest.deleteCheckpoint(training.modelId, 'weights/to-delete');
    expect(await listed(path)).toBeUndefined();
  });

  it('delete_checkpoint_from_tinker_path', async () => {
    const path = await spare('to-delete-too');
    await rest.deleteCheckpointFromTinkerPath(path);
    expect(await listed(path)).toBeUndefined();
  });

  it('publish_checkpoint_from_tinker_path', async () => {
    const path = await spare('public');
    await rest.publishCheckpointFromTinkerPath(path);
    expect((await listed(path))?.public).toBe(true);
  });

  it('unpublish_checkpoint_from_tinker_path', async () => {
    const path = await spare('private');
    await rest.publishCheckpointFromTinkerPath(path);
    await rest.unpublishCheckpointFromTinkerPath(path);
    expect((await listed(path))?.public).toBe(false);
  });

  it('set_checkpoint_ttl_from_tinker_path', async () => {
    const path = await spare('mortal');
    const before = Date.now();
    await rest.setCheckpointTtlFromTinkerPath(path, 3600);
    const expiresAt = (await listed(path))?.expiresAt?.getTime() ?? 0;
    expect(expiresAt).toBeGreaterThanOrEqual(before + 3_599_000);
    await rest.setCheckpointTtlFromTinkerPath(path, null);
    expect((await listed(path))?.expiresAt).toBeUndefined();
  });

  it('get_session', async () => {
    const { trainingRunIds, samplerIds } = await rest.getSession(await sessionId());
    expect(trainingRunIds).toContain(training.modelId);
    const sampler = await service.createSamplingClient({ modelPath: sampled });
    expect((await rest.getSession(await sessionId())).samplerIds).toHaveLength(samplerIds.length + 1);
    sampler.close();
  });

  it('list_sessions', async () => {
    const iterated = [];
    for await (const id of rest.iterateSessions()) iterated.push(id);
    expect(iterated).toEqual((await rest.listSessions()).sessions);
    expect(iterated).toHaveLength(1);
  });

  it('assign_session_project', async () => {
    await rest.assignSessionProject(await sessionId(), 'project-7');
    const runs = await rest.listTrainingRuns({ projectId: 'project-7' });
    expect(runs.trainingRuns.map(({ trainingRunId }) => trainingRunId)).toContain(training.modelId);
    expect((await rest.listTrainingRuns({ projectId: 'project-8' })).trainingRuns).toEqual([]);
  });

  it('export_session_trace', async () => {
    const response = await fetch(await rest.exportSessionTrace(await sessionId()));
    const trace: { traceEvents: { name: string }[] } = JSON.parse(await response.text());
    expect(trace.traceEvents.map(({ name }) => name)).toEqual(expect.arrayContaining(['forward_backward', 'optim_step', 'save_weights']));
  });

  it('get_sampler', async () => {
    await service.createSamplingClient({ modelPath: sampled });
    const { samplerIds } = await rest.getSession(await sessionId());
    const samplerId = samplerIds.at(-1) ?? '';
    expect(await rest.getSampler(samplerId)).toEqual({ samplerId, baseModel: 'local/tiny', modelPath: sampled });
  });

  it('get_billing_usage', async () => {
    await training.forward(batch(1), 'cross_entropy');
    const hour = 3_600_000;
    const now = Math.floor(Date.now() / hour) * hour;
    const { data, sessions } = await rest.getBillingUsage({ startingOn: new Date(now - hour), endingBefore: new Date(now + 2 * hour) });
    const trained = data.flatMap(({ eventInfo }) => (eventInfo.type === 'training' ? [eventInfo.tokenCount] : []));
    // Two datums of 24 tokens in each of two steps, and in the pass above.
    expect(trained.reduce((sum, tokens) => sum + tokens, 0)).toBeGreaterThanOrEqual(6 * 24);
    expect(Object.values(sessions)).toEqual([{ userMetadata: { purpose: 'parity' } }]);
  });

  it('get_audit_log', async () => {
    const today = await rest.getAuditLog();
    // What was saved before midnight stands in the log of its own day.
    const first = await rest.getAuditLog({ day: began.toISOString().slice(0, 10) });
    const entries = [...first.entries, ...today.entries];
    expect(entries.map(({ tinkerPath }) => tinkerPath)).toEqual(expect.arrayContaining([saved, sampled]));
  });

  it('whoami', async () => {
    expect(await rest.whoami()).toEqual({ userUrn: expect.stringMatching(/./), email: undefined });
  });
});
