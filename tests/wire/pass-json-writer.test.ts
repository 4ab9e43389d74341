import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { imageChunk } from '../../src/types/chunks.js';
import { ModelInput, type EncodableDatum } from '../../src/types/data.js';
import { TensorData } from '../../src/types/tensor.js';
import { ForwardBackwardRequest } from '../../src/types/training.js';
import { jsonPass } from '../../src/wire/pass-json.js';
import type { Pass } from '../../src/wire/pass-body.js';
import { atOnce } from '../../src/wire/steps.js';

const passOf = (data: readonly EncodableDatum[]): Pass => ({ data, lossFn: 'ppo', lossFnConfig: { clip: 0.5 }, forwardOnly: false });

function textOf(pass: Pass): string {
  const { content } = atOnce(jsonPass.write(pass, 'm', 7));
  return typeof content === 'string' ? content : Buffer.from(content).toString();
}

/** What the codec of the message says. */
function byCodec({ data, lossFn, lossFnConfig }: Pass): string {
  const input = { data, lossFn, ...(lossFnConfig === undefined ? {} : { lossFnConfig }) };
  return JSON.stringify(ForwardBackwardRequest.encode({ forwardBackwardInput: input, modelId: 'm', seqId: 7 }));
}

function stepsOf(pass: Pass): number {
  const steps = jsonPass.write(pass, 'm', 7);
  let count = 1;
  while (steps.next().done !== true) count += 1;
  return count;
}

const values = fc.oneof(
  fc.float32Array({ maxLength: 20 }),
  fc.int32Array({ maxLength: 20 }),
  fc.bigInt64Array({ maxLength: 20 }),
);
const tensor = values.map((data) => new TensorData(data));
const matrix = fc.float32Array({ minLength: 6, maxLength: 6 }).map((data) => new TensorData(data, [2, 3]));
const sparse = matrix.map((dense) => dense.toSparse());
const text = fc.array(fc.nat(40_000), { maxLength: 20 }).map((tokens) => ModelInput.fromInts(tokens).chunks);
const image = fc.uint8Array({ maxLength: 9 }).map((data) => [imageChunk({ data, format: 'png', expectedTokens: 3 })]);
const modelInput = fc.array(fc.oneof(text, image), { maxLength: 4 }).map((chunks) => new ModelInput(chunks.flat()));
const datum: fc.Arbitrary<EncodableDatum> = fc.record({
  modelInput,
  lossFnInputs: fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), fc.oneof(tensor, matrix, sparse), { maxKeys: 4 }),
});

describe('the JSON of a pass', () => {
  it('is what the codecs of its parts say, byte for byte', () => {
    fc.assert(fc.property(fc.array(datum, { maxLength: 5 }), (data) => {
      expect(textOf(passOf(data))).toBe(byCodec(passOf(data)));
    }));
  });

  it('is the same where it takes many steps, and comes as bytes then', () => {
    const large = 100_000;
    const weights = new TensorData(Float32Array.from({ length: large }, (_, at) => (at % 5 === 0 ? Number.NaN : at / 7)), [large / 10, 10]);
    const tokens = Int32Array.from({ length: large }, (_, at) => at);
    const small = { modelInput: ModelInput.fromInts([1]), lossFnInputs: {} };
    const pass = passOf([{ modelInput: ModelInput.fromInts(tokens), lossFnInputs: { weights } }, small, small]);
    expect(textOf(pass)).toBe(byCodec(pass));
    expect(atOnce(jsonPass.write(pass, 'm', 7)).content).toBeInstanceOf(Uint8Array);
  });

  it('takes a step for every 16,384 numbers, whatever holds them', () => {
    const one = (count: number) => ({ modelInput: ModelInput.fromInts(new Int32Array(count)), lossFnInputs: {} });
    const numbers = 64 * 16_384;
    expect(stepsOf(passOf([one(numbers)]))).toBeGreaterThan(64);
    expect(stepsOf(passOf(Array.from({ length: 1024 }, () => one(1024))))).toBeGreaterThan(64);
    expect(stepsOf(passOf([one(16_383)]))).toBe(1);
  });
});
