import { describe, expect, it } from '@jest/globals';
import { ModelInput } from '../../src/types/data.js';
import { TensorData } from '../../src/types/tensor.js';
import {
  AdamParams,
  CreateModelRequest,
  CreateModelResponse,
  ForwardBackwardOutput,
  ForwardBackwardRequest,
  ForwardRequest,
  GetInfoRequest,
  GetInfoResponse,
  LossFnConfig,
  OptimStepRequest,
  OptimStepResponse,
  UnloadModelRequest,
} from '../../src/types/training.js';
import { assertDecodes, assertEncodes, assertRejects, assertStandsFor, rightOf } from '../support/codec.js';

describe('CreateModelRequest', () => {
  it('goes out as the official client sends it', () => {
    assertStandsFor(
      CreateModelRequest,
      {
        sessionId: 'S1',
        modelSeqId: 0,
        baseModel: 'Qwen/Qwen3-8B',
        userMetadata: { k: 'v' },
        loraConfig: { rank: 8, trainUnembed: true, trainMlp: true, trainAttn: true },
        type: 'create_model',
      },
      '{"session_id":"S1","model_seq_id":0,"base_model":"Qwen/Qwen3-8B","user_metadata":{"k":"v"},' +
        '"lora_config":{"rank":8,"train_unembed":true,"train_mlp":true,"train_attn":true},"type":"create_model"}',
    );
  });

  it('sends a seed after the rank, zero too', () => {
    assertEncodes(
      CreateModelRequest,
      CreateModelRequest.make({ sessionId: 'S', modelSeqId: 1, baseModel: 'B', loraConfig: { rank: 4, seed: 0, trainUnembed: false, trainMlp: true, trainAttn: true } }),
      '{"session_id":"S","model_seq_id":1,"base_model":"B","lora_config":{"rank":4,"seed":0,"train_unembed":false,"train_mlp":true,"train_attn":true},"type":"create_model"}',
    );
  });

  it('refuses a seed that a double has rounded', () => {
    const wire: unknown = JSON.parse('{"session_id":"S","model_seq_id":0,"base_model":"B","lora_config":{"rank":4,"seed":9007199254740993}}');
    assertRejects(CreateModelRequest, wire, 'lora_config.seed: got 9007199254740992, expected a whole number from 0 to 2^64 - 1, read without rounding');
  });
});

describe('CreateModelResponse', () => {
  it('holds the model id, whatever else a server adds', () => {
    const wire = { model_id: 'model_1a2b3c4d', base_model: 'B', lora_config: { rank: 8, alpha: 32 }, status: 'created', request_id: '1' };
    assertDecodes(CreateModelResponse, wire, { modelId: 'model_1a2b3c4d' });
    assertRejects(CreateModelResponse, { type: 'create_model' }, 'model_id: got undefined, expected string');
  });
});

describe('UnloadModelRequest and GetInfoRequest', () => {
  it('go out as the official client sends them', () => {
    assertStandsFor(UnloadModelRequest, { modelId: 'S1:train:0', type: 'unload_model' }, '{"model_id":"S1:train:0","type":"unload_model"}');
    assertStandsFor(GetInfoRequest, { modelId: 'S1:train:0', type: 'get_info' }, '{"model_id":"S1:train:0","type":"get_info"}');
  });
});

describe('GetInfoResponse', () => {
  it('reads all that the hosted server says', () => {
    assertDecodes(
      GetInfoResponse,
      { model_id: 'm', model_data: { arch: 'llama', model_name: 'B', tokenizer_id: 'T' }, type: 'get_info', is_lora: true, lora_rank: 8, model_name: 'B' },
      { modelId: 'm', modelData: { arch: 'llama', modelName: 'B', tokenizerId: 'T' }, isLora: true, loraRank: 8, modelName: 'B' },
    );
  });

  it('reads the little that a self-hosted server says', () => {
    assertDecodes(
      GetInfoResponse,
      { model_id: 'm', status: 'ready', model_data: { base_model: 'B', lora_config: { rank: 8, seed: null }, model_name: 'B' } },
      { modelId: 'm', modelData: { modelName: 'B' } },
    );
    assertDecodes(GetInfoResponse, { model_id: 'm', model_data: { arch: null }, is_lora: null, lora_rank: null }, { modelId: 'm', modelData: {} });
  });

  it('must describe the model', () => {
    assertRejects(GetInfoResponse, { model_id: 'm' }, 'model_data: got undefined, expected an object');
  });
});

describe('LossFnConfig', () => {
  it('is a map of finite numbers', () => {
    assertStandsFor(LossFnConfig, { clip_low_threshold: 0.9, clip_high_threshold: 1.1 }, '{"clip_low_threshold":0.9,"clip_high_threshold":1.1}');
    assertRejects(LossFnConfig, { clip_low_threshold: null }, 'clip_low_threshold: got null, expected a finite number');
  });
});

const datum = { modelInput: ModelInput.fromInts([1, 2, 3]), lossFnInputs: { target_tokens: new TensorData(Int32Array.of(2, 3, 4)) } };
const datumText =
  '{"loss_fn_inputs":{"target_tokens":{"data":[2,3,4],"dtype":"int64","shape":[3]}},"model_input":{"chunks":[{"tokens":[1,2,3],"type":"encoded_text"}]}}';

describe('ForwardBackwardRequest and ForwardRequest', () => {
  it('are the JSON dialect of Appendix C', () => {
    assertStandsFor(
      ForwardBackwardRequest,
      { forwardBackwardInput: { data: [datum], lossFn: 'cross_entropy' }, modelId: 'm', seqId: 1 },
      `{"forward_backward_input":{"data":[${datumText}],"loss_fn":"cross_entropy"},"model_id":"m","seq_id":1}`,
    );
    assertStandsFor(
      ForwardRequest,
      { forwardInput: { data: [datum], lossFn: 'ppo', lossFnConfig: { clip_low_threshold: 0.9 } }, modelId: 'm', seqId: 300 },
      `{"forward_input":{"data":[${datumText}],"loss_fn":"ppo","loss_fn_config":{"clip_low_threshold":0.9}},"model_id":"m","seq_id":300}`,
    );
  });

  it('take a null configuration and a null number for none', () => {
    assertDecodes(
      ForwardBackwardRequest,
      { forward_backward_input: { data: [], loss_fn: 'cross_entropy', loss_fn_config: null }, model_id: 'm', seq_id: null },
      { forwardBackwardInput: { data: [], lossFn: 'cross_entropy' }, modelId: 'm' },
    );
  });

  it('keep a loss input named __proto__ as a field like any other', () => {
    const wire: unknown = JSON.parse(`{"forward_input":{"data":[{"loss_fn_inputs":{"__proto__":{"data":[1],"dtype":"int64"}},"model_input":{"chunks":[]}}],"loss_fn":"x"},"model_id":"m"}`);
    const [read] = rightOf(ForwardRequest.decode(wire)).forwardInput.data;
    expect(Object.keys(read?.lossFnInputs ?? {})).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(read?.lossFnInputs)).toBe(Object.prototype);
  });
});

describe('ForwardBackwardOutput', () => {
  it('holds per datum its named tensors, and the metrics', () => {
    assertStandsFor(
      ForwardBackwardOutput,
      {
        lossFnOutputType: 'TorchLossReturn',
        lossFnOutputs: [{ logprobs: new TensorData(Float32Array.of(-0.5, -1)) }, { logprobs: new TensorData(Float32Array.of(-2)) }],
        metrics: { 'loss:sum': 3.5 },
      },
      '{"loss_fn_output_type":"TorchLossReturn","loss_fn_outputs":[{"logprobs":{"data":[-0.5,-1],"dtype":"float32","shape":[2]}},' +
        '{"logprobs":{"data":[-2],"dtype":"float32","shape":[1]}}],"metrics":{"loss:sum":3.5}}',
    );
  });

  it('has no metrics where the server gives none', () => {
    assertDecodes(ForwardBackwardOutput, { loss_fn_outputs: [] }, { lossFnOutputType: 'ArrayRecord', lossFnOutputs: [], metrics: {} });
    assertDecodes(ForwardBackwardOutput, { loss_fn_output_type: 'scalar', loss_fn_outputs: [{}], metrics: null }, { lossFnOutputType: 'scalar', lossFnOutputs: [{}], metrics: {} });
  });

  it('reads what JSON could not carry as NaN: a diverged loss is a result', () => {
    assertDecodes(
      ForwardBackwardOutput,
      { loss_fn_outputs: [{ logprobs: { data: [null], dtype: 'float32', shape: [1] } }], metrics: { 'loss:sum': null } },
      { lossFnOutputType: 'ArrayRecord', lossFnOutputs: [{ logprobs: new TensorData(Float32Array.of(Number.NaN)) }], metrics: { 'loss:sum': Number.NaN } },
    );
  });

  it('keeps a metric named __proto__', () => {
    const wire: unknown = JSON.parse('{"loss_fn_outputs":[],"metrics":{"__proto__":1}}');
    expect(Object.entries(rightOf(ForwardBackwardOutput.decode(wire)).metrics)).toEqual([['__proto__', 1]]);
  });

  it('must hold outputs', () => {
    assertRejects(ForwardBackwardOutput, { metrics: {} }, 'loss_fn_outputs: got undefined, expected ReadonlyArray<LossFnOutput>');
  });
});

describe('AdamParams', () => {
  it('has the defaults of the protocol', () => {
    expect(AdamParams.make({})).toEqual({ learningRate: 1e-4, beta1: 0.9, beta2: 0.95, eps: 1e-12, weightDecay: 0, gradClipNorm: 0 });
  });

  it('refuses what JSON cannot carry', () => {
    assertRejects(AdamParams, { learning_rate: Number.NaN, eps: '0' }, 'learning_rate: got NaN, expected a finite number; eps: got "0", expected a finite number');
  });
});

describe('OptimStepRequest', () => {
  it('goes out as the official client sends it, all six numbers always', () => {
    const text =
      '{"adam_params":{"learning_rate":0.0001,"beta1":0.9,"beta2":0.95,"eps":1e-12,"weight_decay":0.0,"grad_clip_norm":0.0},' +
      '"model_id":"S1:train:0","seq_id":2,"type":"optim_step"}';
    assertStandsFor(OptimStepRequest, { adamParams: AdamParams.make({}), modelId: 'S1:train:0', seqId: 2, type: 'optim_step' }, text);
  });
});

describe('OptimStepResponse', () => {
  it.each([
    [{}, {}],
    [{ metrics: null }, {}],
    [{ metrics: {} }, { metrics: {} }],
    [{ metrics: { 'skyrl.ai/grad_norm': 0.5 } }, { metrics: { 'skyrl.ai/grad_norm': 0.5 } }],
    [{ metrics: { grad_norm: null } }, { metrics: { grad_norm: Number.NaN } }],
  ])('reads %p', (wire, decoded) => {
    assertDecodes(OptimStepResponse, wire, decoded);
  });

  it('refuses a metric that is no number', () => {
    assertRejects(OptimStepResponse, { metrics: { grad_norm: 'large' } }, 'metrics.grad_norm: got "large", expected a number');
  });
});
