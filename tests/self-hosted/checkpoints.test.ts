import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { rejection } from '../support/clients.js';
import { endpointOf, json } from '../support/scripted-server.js';
import { asked, skyrlService, skyrlTraining } from '../support/skyrl-server.js';
import { tarOf } from '../support/tar.js';
import { temporaryFolder } from '../support/temporary.js';

async function saved() {
  const opened = await skyrlTraining();
  const state = await opened.training.saveState('a');
  const weights = await opened.training.saveWeightsForSampler('w');
  return { ...opened, rest: opened.service.createRestClient(), run: opened.training.modelId, state, weights };
}

describe('paths', () => {
  it('of two parts are made whole, and taken in either form', async () => {
    const { server, service, rest, run, weights } = await saved();
    expect(weights.path).toBe(`tinker://${run}/sampler_weights/w`);
    for (const modelPath of [weights.path, `tinker://${run}/w`]) {
      const sampling = await service.createSamplingClient({ modelPath });
      await sampling.sample({ prompt: [1], samplingParams: { maxTokens: 1 } });
      expect((await sampling.getSampler()).modelPath).toBe(modelPath);
      const { url, expires } = await rest.getCheckpointArchiveUrlFromTinkerPath(modelPath);
      expect([url, expires]).toEqual([`http://skyrl.test:8000/api/v1/training_runs/${run}/checkpoints/w/download`, new Date('2026-11-22T23:07:32Z')]);
    }
    expect(server.to('create_sampling_session').map(({ body }) => body['model_path'])).toEqual([weights.path, `tinker://${run}/w`]);
    await service.close();
  });
});

describe('archives', () => {
  it('are asked for by the bare name where the kind has no route', async () => {
    const { server, service, rest, run, weights } = await saved();
    await rest.getCheckpointArchiveUrlFromTinkerPath(weights.path);
    expect(asked(server).slice(-2)).toEqual([`GET training_runs/${run}/checkpoints/sampler_weights/w/archive`, `GET training_runs/${run}/checkpoints/w/archive`]);
    // The redirect is read, not followed.
    expect(server.requests.filter((request) => endpointOf(request).endsWith('/download'))).toEqual([]);
    await service.close();
  });

  it('may be told of in JSON, too', async () => {
    const { server, service, rest, run, weights } = await saved();
    server.next(`training_runs/${run}/checkpoints/sampler_weights/w/archive`, () => json({ url: 'http://store.test/x', expires: '2026-11-22T23:07:32' }));
    expect(await rest.getCheckpointArchiveUrlFromTinkerPath(weights.path)).toEqual({ url: 'http://store.test/x', expires: new Date('2026-11-22T23:07:32Z') });
    await service.close();
  });

  it('have their root as an entry of the name /', async () => {
    const { server, service, rest, run, weights } = await saved();
    const archive = tarOf([{ path: '/', type: 'Directory' }, { path: 'adapter_config.json', content: '{}' }]);
    server.next(`training_runs/${run}/checkpoints/w/download`, () => new Response(new Uint8Array(archive)));
    const { files } = await rest.downloadCheckpoint(weights.path, join(await temporaryFolder(), 'w'));
    expect(files).toEqual([{ name: 'adapter_config.json', bytes: 2 }]);
    await service.close();
  });

  it('of training checkpoints are not offered: their bare names are those of others', async () => {
    const { server, service, rest, run, state } = await saved();
    expect(await rejection(rest.getCheckpointArchiveUrlFromTinkerPath(state.path))).toMatchObject({ status: 405, message: expect.stringContaining('This server does not offer this call') });
    expect(asked(server).at(-1)).toBe(`GET training_runs/${run}/checkpoints/weights/a/archive`);
    await service.close();
  });
});

describe('deleting', () => {
  it('names the kind, always', async () => {
    const { server, service, rest, run, state } = await saved();
    await rest.deleteCheckpointFromTinkerPath(`tinker://${run}/w`);
    await rest.deleteCheckpointFromTinkerPath(state.path);
    expect(asked(server).slice(-2)).toEqual([`DELETE training_runs/${run}/checkpoints/sampler_weights/w`, `DELETE training_runs/${run}/checkpoints/weights/a`]);
    expect((await rest.listCheckpoints(run)).checkpoints).toEqual([]);
    expect(await rejection(rest.deleteCheckpoint(run, 'a'))).toMatchObject({ kind: 'validation', field: 'checkpointId' });
    await service.close();
  });
});

describe('what the server does not offer', () => {
  it('is told as that, with 404 or 405', async () => {
    const { service, rest, state } = await saved();
    const calls = [
      rest.publishCheckpointFromTinkerPath(state.path),
      rest.setCheckpointTtlFromTinkerPath(state.path, 60),
      rest.listUserCheckpoints(),
      rest.listSessions(),
      rest.getSession('session_00000001'),
      rest.assignSessionProject('session_00000001', 'p'),
      rest.getAuditLog(),
      rest.exportSessionTrace('session_00000001'),
      rest.getBillingUsage({ startingOn: '2026-07-13T00:00:00Z', endingBefore: '2026-07-14T00:00:00Z' }),
    ];
    for (const call of calls) expect(await rejection(call)).toMatchObject({ kind: 'http', message: expect.stringContaining('This server does not offer this call') });
    await service.close();
  });

  it('is told apart from what there is not', async () => {
    const { service, rest } = await saved();
    const missing = await rejection(rest.getTrainingRun('model_ffffffff'));
    expect(missing).toMatchObject({ status: 404, message: expect.stringContaining('404: Training run not found') });
    expect(missing).not.toMatchObject({ message: expect.stringContaining('does not offer') });
    await service.close();
  });

  it('is taking a publication back, which it takes for a bad name', async () => {
    const { service, rest, state } = await saved();
    expect(await rejection(rest.unpublishCheckpointFromTinkerPath(state.path))).toMatchObject({ status: 422, message: expect.stringContaining('Invalid checkpoint_id') });
    await service.close();
  });

  it('is whom it takes the caller for', async () => {
    const { service, rest } = await saved();
    expect(await rejection(rest.whoami())).toMatchObject({ kind: 'validation' });
    await service.close();
  });
});

describe('restoring', () => {
  it('asks what the checkpoint holds, makes a model like it, and loads as its first request', async () => {
    const { skyrl, server, service, state } = await saved();
    const restored = await service.createTrainingClientFromState(state.path);
    const [, second] = skyrl.models;
    expect(asked(server).slice(-3)).toEqual(['POST weights_info', 'POST create_model', 'POST load_weights']);
    expect(server.to('create_model')[1]?.body['lora_config']).toEqual({ rank: 8, train_unembed: true, train_mlp: true, train_attn: true });
    expect(server.to('load_weights').map(({ body }) => body)).toEqual([{ model_id: second, path: state.path, seq_id: 1, optimizer: false, type: 'load_weights' }]);
    expect(restored.modelId).toBe(second);
    await service.close();
  });

  it('refuses paths to sample from before anything is sent', async () => {
    const { server, service, run } = await saved();
    const before = server.requests.length;
    const path: string = `tinker://${run}/sampler_weights/w`;
    expect(await rejection(service.createTrainingClientFromState(path))).toMatchObject({ kind: 'validation', field: 'path' });
    expect(await rejection(service.createRestClient().getWeightsInfoByTinkerPath(path))).toMatchObject({ kind: 'validation', field: 'path' });
    expect(server.requests).toHaveLength(before);
    await service.close();
  });

  it('is refused by the server when the model has done something: that is no reason to repeat it', async () => {
    const { server, service, training, state } = await saved();
    expect(await rejection(training.loadState(state.path))).toMatchObject({ status: 400, message: expect.stringContaining('LoadWeights is not permitted with seq_id 3') });
    expect(server.to('load_weights')).toHaveLength(1);
    await service.close();
  });
});

describe('listings', () => {
  it('have moments without a zone, which mean UTC', async () => {
    const { service, rest, run } = await saved();
    const time = new Date('2026-11-22T22:07:32.794Z');
    expect(await rest.listCheckpoints(run)).toEqual({
      checkpoints: [
        { checkpointId: 'a', checkpointType: 'training', time, tinkerPath: `tinker://${run}/weights/a`, public: false },
        { checkpointId: 'w', checkpointType: 'sampler', time, tinkerPath: `tinker://${run}/sampler_weights/w`, public: false },
      ],
    });
    const first = { trainingRunId: run, baseModel: 'Qwen/Qwen3-0.6B', modelOwner: 'default', isLora: true, corrupted: false, loraRank: 8, lastRequestTime: time };
    expect(await rest.listTrainingRuns()).toEqual({ trainingRuns: [first], cursor: { offset: 0, limit: 20, totalCount: 1 } });
    expect(await rest.getTrainingRun(run)).toEqual(first);
    expect(await rest.listCheckpoints('model_ffffffff')).toEqual({ checkpoints: [] });
    await service.close();
  });
});

describe('tokenizers', () => {
  it('go by the name of the model', async () => {
    const { server, service } = skyrlService();
    const training = await service.createLoraTrainingClient({ baseModel: 'Qwen/Qwen3-0.6B', rank: 8 });
    expect(await training.getInfo()).toEqual({ modelId: training.modelId, modelData: { modelName: 'Qwen/Qwen3-0.6B' } });
    await rejection(training.getTokenizer({ hubUrl: 'http://hub.test' }));
    expect(server.requests.map(({ path }) => path)).toContain('/Qwen/Qwen3-0.6B/resolve/main/tokenizer.json');
    await service.close();
  });

  it('that lie in a folder of the server have to be copied, which the error says', async () => {
    const { service } = skyrlService();
    const training = await service.createLoraTrainingClient({ baseModel: '/models/none-of-this-machine', rank: 8 });
    expect(await rejection(training.getTokenizer())).toMatchObject({ message: expect.stringContaining('which is a directory on its own machine: copy it here') });
    await service.close();
  });
});
