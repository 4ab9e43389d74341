import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import nock from 'nock';
import { saveWeightsForSampler } from '../../src/api/checkpoints.js';
import { asample, createSamplingSession, getSampler } from '../../src/api/sampling.js';
import { SaveWeightsForSamplerRequest } from '../../src/types/checkpoints.js';
import { ModelInput } from '../../src/types/data.js';
import { CreateSamplingSessionRequest, SampleRequest, SamplingParams } from '../../src/types/sampling.js';
import { assertExchange } from '../support/exchange.js';

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const accepted = { answer: { request_id: 'r-1' }, read: { requestId: 'r-1' } };

describe('sampling endpoints', () => {
  it('open a session', async () => {
    expect(createSamplingSession.path).toBe('/api/v1/create_sampling_session');
    await assertExchange(createSamplingSession, CreateSamplingSessionRequest.make({ sessionId: 'S1', samplingSessionSeqId: 1, baseModel: 'B' }), {
      sent: '{"session_id":"S1","sampling_session_seq_id":1,"base_model":"B","type":"create_sampling_session"}',
      answer: { sampling_session_id: 'S1:sample:1' },
      read: { samplingSessionId: 'S1:sample:1' },
    });
  });

  it('sample', async () => {
    expect(asample.path).toBe('/api/v1/asample');
    const request = SampleRequest.make({
      prompt: ModelInput.fromInts([1]),
      samplingParams: SamplingParams.make({ maxTokens: 1, seed: 7 }),
      samplingSessionId: 's',
      seqId: 0,
      promptLogprobs: true,
    });
    await assertExchange(asample, request, {
      sent:
        '{"num_samples":1,"prompt":{"chunks":[{"tokens":[1],"type":"encoded_text"}]},"sampling_params":{"max_tokens":1,"seed":7,' +
        '"temperature":1,"top_k":-1,"top_p":1},"sampling_session_id":"s","seq_id":0,"prompt_logprobs":true,"topk_prompt_logprobs":0,"type":"sample"}',
      ...accepted,
    });
  });

  it('save weights to sample from', async () => {
    expect(saveWeightsForSampler.path).toBe('/api/v1/save_weights_for_sampler');
    await assertExchange(saveWeightsForSampler, SaveWeightsForSamplerRequest.make({ modelId: 'm', path: 'ck', seqId: 1 }), {
      sent: '{"model_id":"m","path":"ck","seq_id":1,"type":"save_weights_for_sampler"}',
      ...accepted,
    });
  });

  it('say what a session samples from', () => {
    expect([getSampler.method, getSampler.path]).toEqual(['GET', '/api/v1/samplers/{sampler_id}']);
  });
});
