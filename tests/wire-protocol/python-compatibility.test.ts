import { describe, expect, it } from '@jest/globals';
import { toJson } from '../../src/api/http.js';
import { LoadWeightsRequest, SaveWeightsRequest, WeightsInfoRequest } from '../../src/types/checkpoints.js';

/** The text that the client puts on the wire. */
function textOf<A>(codec: { readonly encode: (request: A) => unknown }, request: A): unknown {
  return toJson(codec.encode(request)).content;
}

describe('LoadWeightsRequest compatibility', () => {
  it('TypeScript request matches Python format exactly', () => {
    const request = LoadWeightsRequest.make({ modelId: 'test', path: 'tinker://test/weights/001', seqId: 1, optimizer: true });
    expect(textOf(LoadWeightsRequest, request)).toBe(
      '{"model_id":"test","path":"tinker://test/weights/001","seq_id":1,"optimizer":true,"type":"load_weights"}',
    );
  });

  it('equals what the newest Python client sends, which orders the keys of a load otherwise', () => {
    const into = LoadWeightsRequest.make({ modelId: 'S1:train:0', seqId: 5, path: 'tinker://S1:train:0/weights/ck' });
    expect(JSON.parse(String(textOf(LoadWeightsRequest, into)))).toEqual(
      JSON.parse('{"model_id":"S1:train:0","seq_id":5,"path":"tinker://S1:train:0/weights/ck","optimizer":false,"type":"load_weights"}'),
    );
    const creating = LoadWeightsRequest.make({
      sessionId: 'S1',
      modelSeqId: 0,
      baseModel: 'BB',
      userMetadata: { u: '1' },
      path: 'tinker://A:train:0/weights/ck',
      optimizer: true,
      weightsAccessToken: 'tml-other',
    });
    expect(textOf(LoadWeightsRequest, creating)).toBe(
      '{"session_id":"S1","model_seq_id":0,"base_model":"BB","user_metadata":{"u":"1"},"path":"tinker://A:train:0/weights/ck",' +
        '"optimizer":true,"weights_access_token":"tml-other","type":"load_weights"}',
    );
  });
});

describe('SaveWeightsRequest compatibility', () => {
  it('TypeScript request matches Python format', () => {
    const request = SaveWeightsRequest.make({ modelId: 'S1:train:0', path: 'ck', seqId: 4, ttlSeconds: 5 });
    expect(textOf(SaveWeightsRequest, request)).toBe(
      '{"model_id":"S1:train:0","path":"ck","seq_id":4,"ttl_seconds":5,"overwrite":false,"type":"save_weights"}',
    );
  });

  it('leaves out what is not given, and sends overwrite always', () => {
    const request = SaveWeightsRequest.make({ modelId: 'S1:train:0', path: 'ck', seqId: 4, overwrite: true });
    expect(textOf(SaveWeightsRequest, request)).toBe(
      '{"model_id":"S1:train:0","path":"ck","seq_id":4,"overwrite":true,"type":"save_weights"}',
    );
  });
});

describe('WeightsInfoRequest compatibility', () => {
  it('matches Python format exactly', () => {
    expect(textOf(WeightsInfoRequest, { tinkerPath: 'tinker://S1:train:0/weights/ck' })).toBe(
      '{"tinker_path":"tinker://S1:train:0/weights/ck"}',
    );
  });
});
