import { describe, expect, it } from '@jest/globals';
import { ModelInput } from '../../src/types/data.js';
import type { Pass } from '../../src/wire/pass-body.js';
import { passDialects } from '../../src/wire/pass-dialects.js';
import { jsonPass } from '../../src/wire/pass-json.js';
import { encodePassRequest } from '../../src/wire/pass-proto.js';
import { toHex } from '../support/hex.js';
import { compressZstd } from '../../src/wire/zstd.js';
import { atOnce } from '../../src/wire/steps.js';

const pass: Pass = {
  data: [{ modelInput: ModelInput.fromInts(new Int32Array(500)), lossFnInputs: {} }],
  lossFn: 'cross_entropy',
  lossFnConfig: undefined,
  forwardOnly: true,
};
const plain = encodePassRequest(pass, 'm', 1);

describe('the dialects of a server', () => {
  it('are JSON, and protobuf under one path', () => {
    const { json, protobuf } = passDialects();
    expect(json).toBe(jsonPass);
    expect(protobuf.path(pass)).toBe('/api/v1/forward_backward');
    expect(atOnce(protobuf.write(pass, 'm', 1))).toEqual({ content: plain, contentType: 'application/x-protobuf' });
  });

  it('compress protobuf where that can be done', () => {
    const frame = Uint8Array.of(40, 181, 47, 253);
    expect(atOnce(passDialects(() => frame).protobuf.write(pass, 'm', 1))).toEqual({ content: frame, contentType: 'application/x-protobuf', contentEncoding: 'zstd' });
    expect(atOnce(passDialects(() => undefined).protobuf.write(pass, 'm', 1))).toEqual(atOnce(passDialects().protobuf.write(pass, 'm', 1)));
  });
});

describe('compressZstd', () => {
  it('makes one frame that says how long its content is', () => {
    const calls: unknown[] = [];
    const library = { zstdCompressSync: (...given: unknown[]) => { calls.push(given); return Buffer.from([40, 181, 47, 253]); } };
    expect(compressZstd(plain, library)).toEqual(Uint8Array.of(40, 181, 47, 253));
    expect(calls).toEqual([[plain, { pledgedSrcSize: plain.length }]]);
  });

  it('goes smoothly with whatever this Node brings along', () => {
    const frame = compressZstd(plain);
    expect(frame === undefined || (frame.length < plain.length && toHex(frame).startsWith('28b52ffd'))).toBe(true);
  });

  it('makes none without a library for it', () => {
    expect(compressZstd(plain, {})).toBeUndefined();
    expect(compressZstd(plain, { zstdCompressSync: () => 'text' })).toBeUndefined();
  });
});
