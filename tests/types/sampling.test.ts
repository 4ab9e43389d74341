import { describe, expect, it } from '@jest/globals';
import { ModelInput } from '../../src/types/data.js';
import { SaveWeightsForSamplerRequest, SaveWeightsForSamplerResponse } from '../../src/types/checkpoints.js';
import {
  CreateSamplingSessionRequest,
  CreateSamplingSessionResponse,
  GetSamplerResponse,
  SampleRequest,
  SampleResponse,
  SamplingParams,
} from '../../src/types/sampling.js';
import { LogprobsFromJson, NullableLogprobs, TopkPromptLogprobsFromJson } from '../../src/types/sampling-json.js';
import { Unsigned64 } from '../../src/types/whole-number.js';
import { assertDecodes, assertEncodes, assertRejects, assertStandsFor } from '../support/codec.js';

describe('SampleRequest', () => {
  it('goes out as the official client sends it', () => {
    assertStandsFor(
      SampleRequest,
      SampleRequest.make({
        numSamples: 2,
        prompt: ModelInput.fromInts([5, 6]),
        samplingParams: SamplingParams.make({ maxTokens: 4, seed: 7, stop: ['x'] }),
        samplingSessionId: 'S1:sample:9',
        seqId: 0,
        promptLogprobs: false,
      }),
      '{"num_samples":2,"prompt":{"chunks":[{"tokens":[5,6],"type":"encoded_text"}]},"sampling_params":{"max_tokens":4,"seed":7,"stop":["x"],"temperature":1.0,"top_k":-1,"top_p":1.0},"sampling_session_id":"S1:sample:9","seq_id":0,"prompt_logprobs":false,"topk_prompt_logprobs":0,"type":"sample"}',
    );
  });

  it('may name a model instead of a session, and reads what it leaves out as the defaults', () => {
    const prompt = { chunks: [{ tokens: [1], type: 'encoded_text' }] };
    assertDecodes(SampleRequest, { prompt, sampling_params: {}, base_model: 'B', model_path: 'tinker://r/sampler_weights/a' }, {
      numSamples: 1,
      prompt: ModelInput.fromInts([1]),
      samplingParams: { temperature: 1, topK: -1, topP: 1 },
      baseModel: 'B',
      modelPath: 'tinker://r/sampler_weights/a',
      topkPromptLogprobs: 0,
      type: 'sample',
    });
  });
});

describe('SamplingParams', () => {
  it('holds numbers of 64 bits as they were read, and every form of stop', () => {
    const defaults = { temperature: 1, topK: -1, topP: 1 };
    assertDecodes(SamplingParams, { seed: 2n ** 64n - 1n, stop: 'x' }, { seed: 2n ** 64n - 1n, stop: 'x', ...defaults });
    assertDecodes(SamplingParams, { seed: 0, stop: [1, 2] }, { seed: 0, stop: [1, 2], ...defaults });
  });

  it('refuses rounded seeds and mixed stops', () => {
    const stop = 'expected a string, an array of strings or an array of token ids';
    assertRejects(SamplingParams, { stop: ['a', 1] }, `stop: got an array of 2, ${stop}`);
    assertRejects(SamplingParams, { stop: 1 }, `stop: got 1, ${stop}`);
    assertRejects(SamplingParams, { seed: 2 ** 53 }, 'seed: got 9007199254740992, expected a whole number from 0 to 2^64 - 1, read without rounding');
  });
});

describe('Unsigned64', () => {
  it('takes whole numbers that nobody has rounded, up to 64 bits', () => {
    expect([0, 2 ** 53 - 1, 0n, 2n ** 64n - 1n].map(Unsigned64.is)).toEqual([true, true, true, true]);
    expect([-1, 0.5, 2 ** 53, -1n, 2n ** 64n, '1', null].map(Unsigned64.is)).toEqual([false, false, false, false, false, false, false]);
    expect(Unsigned64.encode(2n ** 64n - 1n)).toBe(2n ** 64n - 1n);
  });
});

describe('sampling sessions', () => {
  it('are asked for as the official client does', () => {
    assertStandsFor(
      CreateSamplingSessionRequest,
      CreateSamplingSessionRequest.make({ sessionId: 'S1', samplingSessionSeqId: 1, baseModel: 'B' }),
      '{"session_id":"S1","sampling_session_seq_id":1,"base_model":"B","type":"create_sampling_session"}',
    );
    assertStandsFor(
      CreateSamplingSessionRequest,
      CreateSamplingSessionRequest.make({ sessionId: 'S1', samplingSessionSeqId: 0, modelPath: 'tinker://A:train:0/sampler_weights/x' }),
      '{"session_id":"S1","sampling_session_seq_id":0,"model_path":"tinker://A:train:0/sampler_weights/x","type":"create_sampling_session"}',
    );
    assertDecodes(CreateSamplingSessionResponse, { type: 'create_sampling_session', sampling_session_id: 'S1:sample:0' }, { samplingSessionId: 'S1:sample:0' });
  });

  it('say what they sample from', () => {
    assertDecodes(GetSamplerResponse, { sampler_id: 'a', base_model: 'B', model_path: null }, { samplerId: 'a', baseModel: 'B' });
    assertStandsFor(GetSamplerResponse, { samplerId: 'a', baseModel: 'B', modelPath: 'p' }, '{"sampler_id":"a","base_model":"B","model_path":"p"}');
  });
});

describe('SampleResponse', () => {
  it('is read from the JSON dialect, whatever is missing', () => {
    assertDecodes(SampleResponse, { sequences: [{ stop_reason: 'tired', tokens: [1, 2] }] }, {
      sequences: [{ stopReason: 'tired', tokens: Int32Array.of(1, 2) }],
      promptCacheHitTokens: 0,
    });
  });

  it('stands for the whole JSON dialect', () => {
    assertStandsFor(
      SampleResponse,
      {
        sequences: [{ stopReason: 'length', tokens: Int32Array.of(7), logprobs: Float32Array.of(-0.5) }],
        promptLogprobs: [null, -0.25],
        topkPromptLogprobs: [null, [{ token: 11, logprob: -0.1 }], []],
        promptCacheHitTokens: 3,
      },
      '{"sequences":[{"stop_reason":"length","tokens":[7],"logprobs":[-0.5]}],"prompt_logprobs":[null,-0.25],"topk_prompt_logprobs":[null,[[11,-0.1]],[]],"prompt_cache_hit_tokens":3}',
    );
  });

  it('writes what JSON cannot carry as null', () => {
    expect(LogprobsFromJson.encode(Float32Array.of(-0.5, Number.NaN, -Infinity))).toEqual([-0.5, null, null]);
    assertDecodes(LogprobsFromJson, [null, 1], Float32Array.of(Number.NaN, 1));
    expect(NullableLogprobs.encode([null, -Infinity, 1])).toEqual([null, null, 1]);
  });

  it('refuses what is none', () => {
    assertRejects(LogprobsFromJson, ['1'], 'the body: got an array of 1, expected an array of numbers');
    assertRejects(LogprobsFromJson, null, 'the body: got null, expected an array of numbers');
    assertRejects(NullableLogprobs, ['1'], 'the body: got an array of 1, expected an array of numbers and nulls');
    assertRejects(
      TopkPromptLogprobsFromJson,
      [[[1, 2, 3]]],
      'the body: got an array of 1, expected an array of rows, each null or an array of pairs of token id and log-probability',
    );
    expect([NullableLogprobs.is([null, 1]), NullableLogprobs.is(1), TopkPromptLogprobsFromJson.is([1])]).toEqual([true, false, false]);
  });
});

describe('saving for sampling', () => {
  it('goes out as the official client sends it, with a name or for a session', () => {
    assertStandsFor(
      SaveWeightsForSamplerRequest,
      SaveWeightsForSamplerRequest.make({ modelId: 'S1:train:0', path: 'ck', seqId: 6 }),
      '{"model_id":"S1:train:0","path":"ck","seq_id":6,"type":"save_weights_for_sampler"}',
    );
    assertStandsFor(
      SaveWeightsForSamplerRequest,
      SaveWeightsForSamplerRequest.make({ modelId: 'S1:train:0', samplingSessionSeqId: 0, seqId: 7 }),
      '{"model_id":"S1:train:0","sampling_session_seq_id":0,"seq_id":7,"type":"save_weights_for_sampler"}',
    );
    assertEncodes(
      SaveWeightsForSamplerRequest,
      SaveWeightsForSamplerRequest.make({ modelId: 'm', path: 'ck', seqId: 1, ttlSeconds: 5 }),
      '{"model_id":"m","path":"ck","seq_id":1,"ttl_seconds":5,"type":"save_weights_for_sampler"}',
    );
  });

  it('brings a path, or a session', () => {
    assertDecodes(SaveWeightsForSamplerResponse, { path: 'tinker://m/ck', type: 'x', sampling_session_id: null }, { path: 'tinker://m/ck' });
    assertDecodes(SaveWeightsForSamplerResponse, { path: null, sampling_session_id: 's' }, { samplingSessionId: 's' });
  });
});
