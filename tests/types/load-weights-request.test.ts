import { describe, expect, it } from '@jest/globals';
import { LoadWeightsRequest } from '../../src/types/checkpoints.js';

const path = 'tinker://test/weights/001';

function wireOf(request: LoadWeightsRequest): unknown {
  return JSON.parse(JSON.stringify(LoadWeightsRequest.encode(request)));
}

describe('struct creation', () => {
  it('creates with required fields', () => {
    const request = LoadWeightsRequest.make({ modelId: 'test-model', path });
    expect(request).toStrictEqual({ modelId: 'test-model', path, optimizer: false, type: 'load_weights' });
  });

  it('creates with optimizer: true', () => {
    const request = LoadWeightsRequest.make({ modelId: 'test-model', path, optimizer: true });
    expect(request).toStrictEqual({ modelId: 'test-model', path, optimizer: true, type: 'load_weights' });
  });

  it('creates with seq_id', () => {
    const request = LoadWeightsRequest.make({ modelId: 'test-model', path, seqId: 42 });
    expect(request).toStrictEqual({ modelId: 'test-model', path, seqId: 42, optimizer: false, type: 'load_weights' });
  });

  it('is refused without a path', () => {
    expect(LoadWeightsRequest.is({ modelId: 'test-model', optimizer: false, type: 'load_weights' })).toBe(false);
    expect(LoadWeightsRequest.is(LoadWeightsRequest.make({ modelId: 'test-model', path }))).toBe(true);
  });
});

describe('JSON encoding', () => {
  it('encodes optimizer field correctly (false)', () => {
    const decoded = wireOf(LoadWeightsRequest.make({ modelId: 'test-run', path: 'tinker://test-run/weights/001', optimizer: false }));
    expect(decoded).toEqual({ model_id: 'test-run', path: 'tinker://test-run/weights/001', optimizer: false, type: 'load_weights' });
    expect(decoded).not.toHaveProperty('load_optimizer_state');
  });

  it('encodes optimizer field correctly (true)', () => {
    const request = LoadWeightsRequest.make({ modelId: 'test-run', path: 'tinker://test-run/weights/001', optimizer: true, seqId: 5 });
    const decoded = wireOf(request);
    expect(decoded).toEqual({
      model_id: 'test-run',
      path: 'tinker://test-run/weights/001',
      seq_id: 5,
      optimizer: true,
      type: 'load_weights',
    });
    expect(decoded).not.toHaveProperty('load_optimizer_state');
  });
});

describe('wire protocol compatibility', () => {
  const checkpoint = 'tinker://run-123/weights/checkpoint-001';

  it('matches Python wire format (without optimizer)', () => {
    const request = LoadWeightsRequest.make({ modelId: 'run-123', path: checkpoint, seqId: 1, optimizer: false });
    expect(wireOf(request)).toEqual({ model_id: 'run-123', path: checkpoint, seq_id: 1, optimizer: false, type: 'load_weights' });
  });

  it('matches Python wire format (with optimizer)', () => {
    const request = LoadWeightsRequest.make({ modelId: 'run-123', path: checkpoint, seqId: 1, optimizer: true });
    expect(wireOf(request)).toEqual({ model_id: 'run-123', path: checkpoint, seq_id: 1, optimizer: true, type: 'load_weights' });
  });
});
