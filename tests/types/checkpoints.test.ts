import { describe, expect, it } from '@jest/globals';
import {
  LoadWeightsRequest,
  LoadWeightsResponse,
  SaveWeightsRequest,
  SaveWeightsResponse,
  WeightsInfoRequest,
  WeightsInfoResponse,
} from '../../src/types/checkpoints.js';
import { assertDecodes, assertEncodes, assertRejects, assertStandsFor } from '../support/codec.js';

describe('SaveWeightsRequest', () => {
  it('goes out as the official client sends it', () => {
    assertStandsFor(
      SaveWeightsRequest,
      { modelId: 'S1:train:0', path: 'ck', seqId: 4, ttlSeconds: 5, overwrite: false, type: 'save_weights' },
      '{"model_id":"S1:train:0","path":"ck","seq_id":4,"ttl_seconds":5,"overwrite":false,"type":"save_weights"}',
    );
  });

  it('always says whether it overwrites, and leaves out a time to live that is not set', () => {
    assertEncodes(
      SaveWeightsRequest,
      SaveWeightsRequest.make({ modelId: 'm', path: 'ck', seqId: 1 }),
      '{"model_id":"m","path":"ck","seq_id":1,"overwrite":false,"type":"save_weights"}',
    );
  });
});

describe('SaveWeightsResponse', () => {
  it('holds the path, whatever else a server adds', () => {
    assertDecodes(SaveWeightsResponse, { path: 'tinker://m/weights/ck', type: 'save_weights' }, { path: 'tinker://m/weights/ck' });
    assertDecodes(SaveWeightsResponse, { path: 'tinker://m/weights/ck', type: null }, { path: 'tinker://m/weights/ck' });
  });

  it('is nothing without a path', () => {
    assertRejects(SaveWeightsResponse, { type: 'save_weights' }, 'path: got undefined, expected string');
  });
});

describe('LoadWeightsRequest', () => {
  it('is this text, character for character', () => {
    const request = LoadWeightsRequest.make({ modelId: 'test', path: 'tinker://test/weights/001', seqId: 1, optimizer: true });
    expect(JSON.stringify(LoadWeightsRequest.encode(request))).toBe(
      '{"model_id":"test","path":"tinker://test/weights/001","seq_id":1,"optimizer":true,"type":"load_weights"}',
    );
  });

  it('loads into a model as the official client does', () => {
    const request = LoadWeightsRequest.make({ modelId: 'S1:train:0', seqId: 5, path: 'tinker://S1:train:0/weights/ck', optimizer: false });
    expect(LoadWeightsRequest.encode(request)).toEqual(
      JSON.parse('{"model_id":"S1:train:0","seq_id":5,"path":"tinker://S1:train:0/weights/ck","optimizer":false,"type":"load_weights"}'),
    );
  });

  it('creates by loading as the official client does', () => {
    assertStandsFor(
      LoadWeightsRequest,
      {
        sessionId: 'S1',
        modelSeqId: 0,
        baseModel: 'BB',
        userMetadata: { u: '1' },
        path: 'tinker://A:train:0/weights/ck',
        optimizer: true,
        weightsAccessToken: 'tml-other',
        type: 'load_weights',
      },
      '{"session_id":"S1","model_seq_id":0,"base_model":"BB","user_metadata":{"u":"1"},"path":"tinker://A:train:0/weights/ck",' +
        '"optimizer":true,"weights_access_token":"tml-other","type":"load_weights"}',
    );
  });

  it('says by itself that the optimizer starts afresh', () => {
    assertDecodes(LoadWeightsRequest, { model_id: 'm', path: 'p' }, { modelId: 'm', path: 'p', optimizer: false, type: 'load_weights' });
  });
});

describe('LoadWeightsResponse', () => {
  it.each([
    [{}, {}],
    [{ type: 'load_weights' }, {}],
    [{ path: null, model_id: null }, {}],
    [{ path: 'p', model_id: 'm', type: 'load_weights' }, { path: 'p', modelId: 'm' }],
  ])('reads %p', (wire, decoded) => {
    assertDecodes(LoadWeightsResponse, wire, decoded);
  });

  it('refuses a path that is no text', () => {
    assertRejects(LoadWeightsResponse, { path: 1 }, 'path: got 1, expected string');
  });
});

describe('WeightsInfoRequest', () => {
  it('goes out as the official client sends it', () => {
    assertStandsFor(WeightsInfoRequest, { tinkerPath: 'tinker://S1:train:0/weights/ck' }, '{"tinker_path":"tinker://S1:train:0/weights/ck"}');
  });
});

describe('WeightsInfoResponse', () => {
  it('reads all that the hosted server says', () => {
    assertStandsFor(
      WeightsInfoResponse,
      { baseModel: 'B', isLora: true, loraRank: 8, trainUnembed: false, trainMlp: true, trainAttn: false },
      '{"base_model":"B","is_lora":true,"lora_rank":8,"train_unembed":false,"train_mlp":true,"train_attn":false}',
    );
  });

  it.each([
    [{ base_model: 'B', is_lora: true, lora_rank: 8 }],
    [{ base_model: 'B', is_lora: true, lora_rank: 8, train_unembed: null, train_mlp: null, train_attn: null }],
  ])('takes an absent train flag for true: %p', (wire) => {
    assertDecodes(WeightsInfoResponse, wire, { baseModel: 'B', isLora: true, loraRank: 8, trainUnembed: true, trainMlp: true, trainAttn: true });
  });

  it('has no rank where the checkpoint is no LoRA', () => {
    assertDecodes(
      WeightsInfoResponse,
      { base_model: 'B', is_lora: false, lora_rank: null },
      { baseModel: 'B', isLora: false, trainUnembed: true, trainMlp: true, trainAttn: true },
    );
  });

  it('must say what the base model is and whether it is a LoRA', () => {
    assertRejects(WeightsInfoResponse, { lora_rank: 8 }, 'base_model: got undefined, expected string; is_lora: got undefined, expected boolean');
  });
});
