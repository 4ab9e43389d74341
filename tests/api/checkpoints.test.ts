import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import nock from 'nock';
import { loadWeights, saveWeights, weightsInfo } from '../../src/api/checkpoints.js';
import { LoadWeightsRequest, SaveWeightsRequest } from '../../src/types/checkpoints.js';
import { assertExchange } from '../support/exchange.js';

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const accepted = { answer: { request_id: 'r-1' }, read: { requestId: 'r-1' } };

describe('checkpoint endpoints', () => {
  it('save weights', async () => {
    expect(saveWeights.path).toBe('/api/v1/save_weights');
    await assertExchange(saveWeights, SaveWeightsRequest.make({ modelId: 'S1:train:0', path: 'ck', seqId: 4, ttlSeconds: 5 }), {
      sent: '{"model_id":"S1:train:0","path":"ck","seq_id":4,"ttl_seconds":5,"overwrite":false,"type":"save_weights"}',
      ...accepted,
    });
  });

  it('load weights', async () => {
    expect(loadWeights.path).toBe('/api/v1/load_weights');
    await assertExchange(loadWeights, LoadWeightsRequest.make({ modelId: 'test', path: 'tinker://test/weights/001', seqId: 1, optimizer: true }), {
      sent: '{"model_id":"test","path":"tinker://test/weights/001","seq_id":1,"optimizer":true,"type":"load_weights"}',
      ...accepted,
    });
  });

  it('ask what a checkpoint holds', async () => {
    expect(weightsInfo.path).toBe('/api/v1/weights_info');
    await assertExchange(weightsInfo, { tinkerPath: 'tinker://S1:train:0/weights/ck' }, {
      sent: '{"tinker_path":"tinker://S1:train:0/weights/ck"}',
      answer: { base_model: 'B', is_lora: true, lora_rank: 8 },
      read: { baseModel: 'B', isLora: true, loraRank: 8, trainUnembed: true, trainMlp: true, trainAttn: true },
    });
  });
});
