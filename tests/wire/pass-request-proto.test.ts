import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { dmelChunk, imageAssetPointer, imageChunk } from '../../src/types/chunks.js';
import { ModelInput } from '../../src/types/data.js';
import { TensorData } from '../../src/types/tensor.js';
import type { Pass } from '../../src/wire/pass-body.js';
import { encodePassRequest } from '../../src/wire/pass-proto.js';
import { decodePassRequest } from '../../src/wire/pass-request-proto.js';
import { ForwardBackwardRequestSchema, type DatumSchema } from '../../src/wire/proto/tinker_public_pb.js';
import { assertRefuses, factsOf, leftOf, rightOf } from '../support/codec.js';
import { fromHex } from '../support/hex.js';

const modelInput = ModelInput.fromInts([1]);

function passOf(...data: Pass['data']): Pass {
  return { data, lossFn: 'cross_entropy', lossFnConfig: undefined, forwardOnly: false };
}

/** A request as another client may write it. */
function foreign(...data: MessageInitShape<typeof DatumSchema>[]): Uint8Array {
  return toBinary(ForwardBackwardRequestSchema, create(ForwardBackwardRequestSchema, { modelId: 'm', lossFn: 'ppo', data }));
}

const text = { chunk: { case: 'encodedText', value: { tokens: fromHex('01000000') } } } as const;

describe('a pass of more than text in protobuf', () => {
  it('comes back as it was, chunk for chunk', () => {
    const input = modelInput
      .append(imageChunk({ data: 'iVBORw==', format: 'png', expectedTokens: 0 }))
      .append(imageChunk({ data: Uint8Array.of(255), format: 'jpeg' }))
      .append(dmelChunk(Uint8Array.of(4, 1, 5)));
    const pass = passOf({ modelInput: input, lossFnInputs: {} });
    expect(rightOf(decodePassRequest(encodePassRequest(pass, 'm', 1)))).toStrictEqual({ pass, modelId: 'm', seqId: 1 });
  });

  it('has no form for images that the server holds', () => {
    const input = modelInput.append(imageAssetPointer({ location: 'a', format: 'png' }));
    expect(() => encodePassRequest(passOf({ modelInput: input, lossFnInputs: {} }), 'm', 1)).toThrow('an image asset pointer has no form in protobuf');
  });
});

describe('an image that was put together by hand', () => {
  it.each([[-1], [2 ** 31]])('does not take %p tokens', (expectedTokens) => {
    const image = { type: 'image', data: Uint8Array.of(1), format: 'png', expectedTokens } as const;
    const pass = passOf({ modelInput: new ModelInput([image]), lossFnInputs: {} });
    const message = `expectedTokens: got ${expectedTokens}, expected a whole number from 0 to 2147483647`;
    assertRefuses(() => encodePassRequest(pass, 'm', 1), 'expectedTokens', message);
  });
});

describe('tensors of a pass in protobuf', () => {
  it.each([
    ['NaN and the infinities', new TensorData(Float32Array.of(Number.NaN, Infinity, -Infinity))],
    ['integers beyond 2^53', new TensorData(BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n)))],
    ['more dimensions than two', new TensorData(new Float32Array(6).fill(0.5), [1, 2, 3])],
    ['nothing', new TensorData(new Float32Array(0), [2, 0])],
    ['sparse targets', new TensorData(Int32Array.of(0, 7, 0, 0), [2, 2]).toSparse()],
  ])('carry %s', (_, tensor) => {
    const pass = passOf({ modelInput, lossFnInputs: { target_tokens: tensor } });
    expect(rightOf(decodePassRequest(encodePassRequest(pass, 'm', 1))).pass).toStrictEqual(pass);
  });

  it('have one dimension without a shape, and widen as results do', () => {
    const lossFnInputs = {
      float32: { encoding: { case: 'dense', value: fromHex('000000bf 000000bf') }, dtype: 1 },
      int32: { encoding: { case: 'dense', value: fromHex('07000000') }, dtype: 3 },
      bfloat16: { encoding: { case: 'dense', value: fromHex('00bf') }, dtype: 4 },
    } as const;
    const [datum] = rightOf(decodePassRequest(foreign({ modelInput: [text], lossFnInputs }))).pass.data;
    expect(datum?.lossFnInputs).toEqual({
      float32: new TensorData(Float32Array.of(-0.5, -0.5)),
      int32: new TensorData(Int32Array.of(7)),
      bfloat16: new TensorData(Float32Array.of(-0.5)),
    });
  });
});

describe('the number of a request', () => {
  it.each([[0], [-1], [1.5], [2 ** 31]])('is not %p', (seqId) => {
    assertRefuses(() => encodePassRequest(passOf(), 'm', seqId), 'seqId', `seqId: got ${seqId}, expected a whole number from 1 to 2147483647`);
  });

  it('goes up to 2^31 - 1, and is absent where it was not given', () => {
    expect(rightOf(decodePassRequest(encodePassRequest(passOf(), 'm', 2147483647))).seqId).toBe(2147483647);
    expect(rightOf(decodePassRequest(foreign())).seqId).toBeUndefined();
  });
});

describe('a request that is none', () => {
  const refusal = (bytes: Uint8Array) => factsOf(leftOf(decodePassRequest(bytes)));
  const because = (why: string) => ({ kind: 'validation', message: `not a valid ForwardBackwardRequest: ${why}`, retriable: false });
  const tensor = (shape: number[], encoding: object, dtype = 1) =>
    foreign({ modelInput: [text], lossFnInputs: { weights: { dtype, shape: shape.map(BigInt), ...encoding } } });
  const dense = (hex: string) => ({ encoding: { case: 'dense', value: fromHex(hex) } });
  const sparse = (columns: string) => ({
    encoding: { case: 'sparseCsr', value: { values: fromHex('0000803f'), crowIndices: fromHex('0000000000000000 0100000000000000'), colIndices: fromHex(columns) } },
  });

  it('is refused when its bytes are no message', () => {
    expect(refusal(fromHex('ff'))).toMatchObject({ kind: 'validation', message: expect.stringContaining('not a valid ForwardBackwardRequest: ') });
  });

  it.each([
    ['a tensor without values', tensor([1], {}), 'data[0].loss_fn_inputs.weights: a tensor without values'],
    ['a tensor of no dtype', tensor([1], dense('0000803f'), 0), 'data[0].loss_fn_inputs.weights: dtype 0 is none of the protocol'],
    ['a tensor of broken bytes', tensor([1], dense('0000')), 'data[0].loss_fn_inputs.weights: 2 bytes are not a whole number of float32 elements'],
    ['a shape that does not fit', tensor([2], dense('0000803f')), 'data[0].loss_fn_inputs.weights: shape: got [2], expected whole sizes whose product is the 1 elements given'],
    ['a column outside', tensor([1, 2], sparse('0200000000000000')), 'data[0].loss_fn_inputs.weights: colIndices[0]: got 2, expected a column from 0 to 1'],
    ['a column beyond 32 bits', tensor([1, 2], sparse('0000000001000000')), 'data[0].loss_fn_inputs.weights: colIndices[0]: got 4294967296n, expected a whole number'],
    ['a chunk of no kind', foreign({ modelInput: [text] }, { modelInput: [{}] }), 'data[1]: a chunk of an unknown kind'],
    ['an image of no known format', foreign({ modelInput: [{ chunk: { case: 'image', value: { format: 'gif' } } }] }), 'data[0]: image format "gif" is none of the protocol'],
    ['a container that is none', foreign({ modelInput: [{ chunk: { case: 'dmel', value: {} } }] }), 'data[0]: dmel: not a serialized tensor container: it ends before its dtype'],
  ])('is refused for %s', (_, bytes, why) => {
    expect(refusal(bytes)).toEqual(because(why));
  });
});
