import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import nock from 'nock';
import { createModel, forward, forwardBackward, getInfo, optimStep, unloadModel } from '../../src/api/training.js';
import { ModelInput } from '../../src/types/data.js';
import { TensorData } from '../../src/types/tensor.js';
import { AdamParams, CreateModelRequest, GetInfoRequest, OptimStepRequest, UnloadModelRequest } from '../../src/types/training.js';
import { assertExchange } from '../support/exchange.js';

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const accepted = { answer: { request_id: 'r-1' }, read: { requestId: 'r-1' } };
const input = { data: [{ modelInput: ModelInput.fromInts([1]), lossFnInputs: { target_tokens: new TensorData(Int32Array.of(2)) } }], lossFn: 'cross_entropy' };
const inputText =
  '{"data":[{"loss_fn_inputs":{"target_tokens":{"data":[2],"dtype":"int64","shape":[1]}},"model_input":{"chunks":[{"tokens":[1],"type":"encoded_text"}]}}],' +
  '"loss_fn":"cross_entropy"}';

describe('training endpoints', () => {
  it('create a model', async () => {
    expect(createModel.path).toBe('/api/v1/create_model');
    const request = CreateModelRequest.make({
      sessionId: 'S1',
      modelSeqId: 0,
      baseModel: 'Qwen/Qwen3-8B',
      userMetadata: { k: 'v' },
      loraConfig: { rank: 8, trainUnembed: true, trainMlp: true, trainAttn: true },
    });
    await assertExchange(createModel, request, {
      sent:
        '{"session_id":"S1","model_seq_id":0,"base_model":"Qwen/Qwen3-8B","user_metadata":{"k":"v"},' +
        '"lora_config":{"rank":8,"train_unembed":true,"train_mlp":true,"train_attn":true},"type":"create_model"}',
      ...accepted,
    });
  });

  it('drop a model', async () => {
    expect(unloadModel.path).toBe('/api/v1/unload_model');
    await assertExchange(unloadModel, UnloadModelRequest.make({ modelId: 'S1:train:0' }), {
      sent: '{"model_id":"S1:train:0","type":"unload_model"}',
      ...accepted,
    });
  });

  it('ask what a model is', async () => {
    expect(getInfo.path).toBe('/api/v1/get_info');
    await assertExchange(getInfo, GetInfoRequest.make({ modelId: 'S1:train:0' }), {
      sent: '{"model_id":"S1:train:0","type":"get_info"}',
      answer: { model_id: 'S1:train:0', model_data: { model_name: 'B' }, is_lora: true, lora_rank: 8 },
      read: { modelId: 'S1:train:0', modelData: { modelName: 'B' }, isLora: true, loraRank: 8 },
    });
  });

  it('pass data forward and backward', async () => {
    expect(forwardBackward.path).toBe('/api/v1/forward_backward');
    await assertExchange(forwardBackward, { forwardBackwardInput: input, modelId: 'm', seqId: 1 }, {
      sent: `{"forward_backward_input":${inputText},"model_id":"m","seq_id":1}`,
      ...accepted,
    });
  });

  it('pass data forward', async () => {
    expect(forward.path).toBe('/api/v1/forward');
    await assertExchange(forward, { forwardInput: input, modelId: 'm', seqId: 2 }, {
      sent: `{"forward_input":${inputText},"model_id":"m","seq_id":2}`,
      ...accepted,
    });
  });

  it('apply the gradients', async () => {
    expect(optimStep.path).toBe('/api/v1/optim_step');
    await assertExchange(optimStep, OptimStepRequest.make({ adamParams: AdamParams.make({}), modelId: 'S1:train:0', seqId: 2 }), {
      sent:
        '{"adam_params":{"learning_rate":0.0001,"beta1":0.9,"beta2":0.95,"eps":1e-12,"weight_decay":0.0,"grad_clip_norm":0.0},' +
        '"model_id":"S1:train:0","seq_id":2,"type":"optim_step"}',
      ...accepted,
    });
  });
});
