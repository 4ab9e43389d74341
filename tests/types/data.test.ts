import { describe, expect, it } from '@jest/globals';
import { dmelChunk, EncodedTextChunk, imageAssetPointer, imageChunk } from '../../src/types/chunks.js';
import { DatumFromJson, ModelInput, ModelInputFromJson, toEncodable } from '../../src/types/data.js';
import { TensorData } from '../../src/types/tensor.js';
import { Tokens } from '../../src/types/tokens.js';
import { assertDecodes, assertRefuses, assertRejects, assertStandsFor, untyped } from '../support/codec.js';

const fromInts = untyped((tokens: never) => ModelInput.fromInts(tokens));
const construct = untyped((chunks: never) => new ModelInput(chunks));

describe('Tokens', () => {
  it('holds 32-bit whole numbers', () => {
    assertStandsFor(Tokens, Int32Array.of(0, 2147483647, -2147483648), '[0,2147483647,-2147483648]');
    assertStandsFor(Tokens, new Int32Array(0), '[]');
    expect([new Int32Array(1), [1]].map((value) => Tokens.is(value))).toEqual([true, false]);
  });

  it.each([
    [[1, 2147483648], '1: got 2147483648'],
    [[-2147483649], '0: got -2147483649'],
    [[0, 0, 1.5], '2: got 1.5'],
    [['1'], '0: got "1"'],
    [[null], '0: got null'],
    [[Number.NaN], '0: got NaN'],
    [[1n], '0: got 1n'],
  ])('refuses %p, naming the first that is none', (wire: unknown, report) => {
    assertRejects(Tokens, wire, `${report}, expected a 32-bit token id`);
  });

  it('refuses what is no array', () => {
    assertRejects(Tokens, '1 2', 'the body: got "1 2", expected an array of token ids');
  });
});

describe('ModelInput', () => {
  it('makes one text chunk of token ids', () => {
    expect(ModelInput.fromInts([5, 6]).chunks).toEqual([{ tokens: Int32Array.of(5, 6), type: 'encoded_text' }]);
    const typed = Int32Array.of(7);
    const [chunk] = ModelInput.fromInts(typed).chunks;
    expect(chunk?.type === 'encoded_text' && chunk.tokens).toBe(typed);
  });

  it('grows by whole chunks and leaves the old input alone', () => {
    const one = ModelInput.fromInts([1, 2]);
    const two = one.append(EncodedTextChunk.make({ tokens: Int32Array.of(3) })).appendInt(4);
    expect(two.chunks).toEqual([[1, 2], [3], [4]].flatMap((tokens) => ModelInput.fromInts(tokens).chunks));
    expect(two.toInts()).toEqual([1, 2, 3, 4]);
    expect([one.length, two.length, ModelInput.empty().length]).toEqual([2, 4, 0]);
    expect(ModelInput.empty().toInts()).toEqual([]);
  });

  it.each([
    [[1, -1], 'tokens[1]', '-1'],
    [Int32Array.of(-5), 'tokens[0]', '-5'],
    [[0, 2147483648], 'tokens[1]', '2147483648'],
    [[0.5], 'tokens[0]', '0.5'],
    [[3n], 'tokens[0]', '3n'],
    [[undefined], 'tokens[0]', 'undefined'],
    [[Symbol('t')], 'tokens[0]', 'Symbol(t)'],
  ])('refuses the tokens %p', (tokens: unknown, field, picture) => {
    assertRefuses(() => fromInts(tokens), field, `${field}: got ${picture}, expected a token id (whole, 0 to 2147483647)`);
  });

  it('refuses tokens that are no list, and one more that is no token', () => {
    assertRefuses(() => fromInts('hello'), 'tokens', 'tokens: got "hello", expected an array of token ids or an Int32Array');
    assertRefuses(() => fromInts(Float64Array.of(1)), 'tokens', 'tokens: got Float64Array, expected an array of token ids or an Int32Array');
    assertRefuses(() => ModelInput.empty().appendInt(-1), 'tokens[0]', 'tokens[0]: got -1, expected a token id (whole, 0 to 2147483647)');
  });

  it('refuses chunks that are none', () => {
    const rule = 'a chunk; ModelInput.fromInts, imageChunk, imageAssetPointer and dmelChunk make them';
    assertRefuses(() => construct([{ tokens: [1, 2], type: 'encoded_text' }]), 'chunks[0]', `chunks[0]: got an object, expected ${rule}`);
    assertRefuses(() => construct([...ModelInput.fromInts([1]).chunks, { data: '', type: 'image' }]), 'chunks[1]', `chunks[1]: got an object, expected ${rule}`);
    assertRefuses(() => construct(undefined), 'chunks', 'chunks: got undefined, expected an array of chunks');
  });
});

describe('ModelInput of more than text', () => {
  const image = imageChunk({ data: 'iVBORw==', format: 'png', expectedTokens: 3 });
  const pointer = imageAssetPointer({ location: 'asset-1', format: 'jpeg', expectedTokens: 4 });
  const audio = dmelChunk(Uint8Array.of(4, 2, 5, 80));

  it('counts the tokens that images and audio take', () => {
    expect(ModelInput.fromInts([1, 2]).append(image).append(pointer).append(audio).length).toBe(14);
  });

  it('has no length where an image does not say how many tokens it takes', () => {
    const field = 'chunks[1].expectedTokens';
    const message = `${field}: missing, so the length of the input is not known; give it with the image`;
    assertRefuses(() => ModelInput.fromInts([1]).append(imageChunk({ data: 'iVBORw==', format: 'png' })).length, field, message);
    assertRefuses(() => ModelInput.fromInts([1]).append(imageAssetPointer({ location: 'a', format: 'png' })).length, field, message);
  });

  it('has no token ids for them', () => {
    assertRefuses(
      () => ModelInput.fromInts([1]).append(image).toInts(),
      'chunks[1]',
      'chunks[1]: got a chunk of type image, expected text only: other chunks have no token ids',
    );
  });

  it('is something to train on without any text', () => {
    const modelInput = ModelInput.empty().append(imageChunk({ data: 'iVBORw==', format: 'png' }));
    expect(toEncodable([{ modelInput, lossFnInputs: {} }])).toEqual([{ modelInput, lossFnInputs: {} }]);
  });

  it('cannot be trained on where the server holds an image', () => {
    const at = 'data[1].modelInput.chunks[1]';
    assertRefuses(
      () => toEncodable([{ modelInput: ModelInput.fromInts([1]), lossFnInputs: {} }, { modelInput: ModelInput.fromInts([1]).append(pointer), lossFnInputs: {} }]),
      at,
      `${at}: got an image asset pointer, expected text, an image or audio: training takes images themselves only, which imageChunk makes of their bytes`,
    );
  });

  it('goes into JSON with its bytes as base64', () => {
    assertStandsFor(
      ModelInputFromJson,
      ModelInput.fromInts([1]).append(image).append(imageChunk({ data: Uint8Array.of(255), format: 'jpeg' })).append(pointer).append(audio),
      '{"chunks":[{"tokens":[1],"type":"encoded_text"},{"data":"iVBORw==","format":"png","expected_tokens":3,"type":"image"},' +
        '{"data":"/w==","format":"jpeg","type":"image"},{"format":"jpeg","location":"asset-1","expected_tokens":4,"type":"image_asset_pointer"},' +
        '{"dmel":"BAIFUA==","type":"dmel"}]}',
    );
  });
});

describe('toEncodable', () => {
  const modelInput = ModelInput.fromInts([1, 2, 3]);
  const encodable = untyped(toEncodable);

  it('gives plain arrays the dtype of their name', () => {
    const [datum] = toEncodable([
      {
        modelInput,
        lossFnInputs: {
          target_tokens: [2, 3, 4],
          weights: [1, 0, 1],
          advantages: [0.5, 0.5, 0.5],
          logprobs: [-1, -2, -3],
          clip_low_threshold: [0.8, 0.8, 0.8],
          clip_high_threshold: [1.2, 1.2, 1.2],
        },
      },
    ]);
    expect(datum?.modelInput).toBe(modelInput);
    expect(datum?.lossFnInputs).toEqual({
      target_tokens: new TensorData(Int32Array.of(2, 3, 4)),
      weights: new TensorData(Float32Array.of(1, 0, 1)),
      advantages: new TensorData(Float32Array.of(0.5, 0.5, 0.5)),
      logprobs: new TensorData(Float32Array.of(-1, -2, -3)),
      clip_low_threshold: new TensorData(Float32Array.of(0.8, 0.8, 0.8)),
      clip_high_threshold: new TensorData(Float32Array.of(1.2, 1.2, 1.2)),
    });
  });

  it('takes typed arrays and tensors under any name', () => {
    const tensor = new TensorData(Float32Array.of(1, 2), [1, 2]);
    const [datum] = toEncodable([
      { modelInput, lossFnInputs: { values: Float32Array.of(1), ids: Int32Array.of(2), large: BigInt64Array.of(3n), shaped: tensor, weights: tensor } },
    ]);
    expect(datum?.lossFnInputs).toEqual({
      values: new TensorData(Float32Array.of(1)),
      ids: new TensorData(Int32Array.of(2)),
      large: new TensorData(BigInt64Array.of(3n)),
      shaped: tensor,
      weights: tensor,
    });
  });

  it('takes rows under a known name, and a datum without loss inputs', () => {
    const data = toEncodable([{ modelInput, lossFnInputs: { target_tokens: [[1, 2], [3, 4]] } }, { modelInput, lossFnInputs: {} }]);
    expect(data.map(({ lossFnInputs }) => lossFnInputs)).toEqual([{ target_tokens: new TensorData(Int32Array.of(1, 2, 3, 4), [2, 2]) }, {}]);
    expect(encodable([{ modelInput }])).toEqual([{ modelInput, lossFnInputs: {} }]);
  });

  it.each([['constructor'], ['toString'], ['__proto__'], ['hasOwnProperty']])('has no dtype for a plain array under the name %s', (name) => {
    const lossFnInputs = Object.fromEntries([[name, [1, 2]]]);
    const at = `data[0].lossFnInputs.${name}`;
    assertRefuses(
      () => toEncodable([{ modelInput, lossFnInputs }]),
      at,
      `${at}: got an array of 2, expected a TensorData, a Float32Array, an Int32Array or a BigInt64Array ` +
        '(plain arrays are for target_tokens, weights, advantages, logprobs, clip_low_threshold, clip_high_threshold)',
    );
  });

  it('keeps a tensor under the name __proto__ as a field like any other', () => {
    const lossFnInputs = Object.fromEntries([['__proto__', Float32Array.of(1)]]);
    const [datum] = toEncodable([{ modelInput, lossFnInputs }]);
    expect(Object.entries(datum?.lossFnInputs ?? {})).toEqual([['__proto__', new TensorData(Float32Array.of(1))]]);
  });

  it.each<[string, unknown, string, string]>([
    ['nothing', undefined, 'data', 'data: got undefined, expected an array of at least one datum'],
    ['no datum', [], 'data', 'data: got no datum, expected an array of at least one datum'],
    ['one datum alone', { modelInput, lossFnInputs: {} }, 'data', 'data: got an object, expected an array of at least one datum'],
    ['null for a datum', [null], 'data[0]', 'data[0]: got null, expected an object with modelInput and lossFnInputs'],
    ['holes', new Array(1), 'data[0]', 'data[0]: got undefined, expected an object with modelInput and lossFnInputs'],
    ['plain tokens', [{ modelInput: [1, 2] }], 'data[0].modelInput', 'data[0].modelInput: got an array of 2, expected a ModelInput'],
    ['a second datum without input', [{ modelInput }, {}], 'data[1].modelInput', 'data[1].modelInput: got undefined, expected a ModelInput'],
    ['an empty input', [{ modelInput: ModelInput.empty() }], 'data[0].modelInput', 'data[0].modelInput: got no tokens, expected at least one token'],
    ['a map of loss inputs', [{ modelInput, lossFnInputs: new Map() }], 'data[0].lossFnInputs', 'data[0].lossFnInputs: got an object, expected an object of tensors by name'],
    ['loss inputs of null', [{ modelInput, lossFnInputs: null }], 'data[0].lossFnInputs', 'data[0].lossFnInputs: got null, expected an object of tensors by name'],
    ['a bad element', [{ modelInput, lossFnInputs: { weights: [1, '2'] } }], 'data[0].lossFnInputs.weights[1]', 'data[0].lossFnInputs.weights[1]: got "2", expected a number'],
  ])('refuses %s', (_, data, field, message) => {
    assertRefuses(() => encodable(data), field, message);
  });
});

describe('ModelInputFromJson', () => {
  it('carries the chunks in order', () => {
    const input = ModelInput.fromInts([5, 6]).appendInt(7);
    assertStandsFor(ModelInputFromJson, input, '{"chunks":[{"tokens":[5,6],"type":"encoded_text"},{"tokens":[7],"type":"encoded_text"}]}');
    expect([input, { chunks: [] }].map((value) => ModelInputFromJson.is(value))).toEqual([true, false]);
  });

  it('reads a chunk without its type as text, as self-hosted servers do', () => {
    assertDecodes(ModelInputFromJson, { chunks: [{ tokens: [1] }] }, ModelInput.fromInts([1]));
  });

  it('refuses other chunks and other shapes', () => {
    assertRejects(ModelInputFromJson, { chunks: [{ tokens: [1] }, { type: 'video' }] }, 'chunks.1.type: got "video", expected one of encoded_text, image, image_asset_pointer, dmel');
    assertRejects(ModelInputFromJson, { chunks: [{ data: 'iVBORw', format: 'gif', type: 'image' }] }, 'chunks.0.data: got "iVBORw", expected base64 text; chunks.0.format.0: got "gif", expected "png"; chunks.0.format.1: got "gif", expected "jpeg"');
    assertRejects(ModelInputFromJson, { chunks: [7] }, 'chunks.0: got 7, expected an object');
    assertRejects(ModelInputFromJson, [1, 2], 'the body: got an array of 2, expected an object');
  });
});

describe('DatumFromJson', () => {
  it('carries loss inputs and model input, in the order of Appendix C', () => {
    assertStandsFor(
      DatumFromJson,
      { lossFnInputs: { target_tokens: new TensorData(Int32Array.of(2, 3)), weights: new TensorData(Float32Array.of(1, 0.5)) }, modelInput: ModelInput.fromInts([1, 2]) },
      '{"loss_fn_inputs":{"target_tokens":{"data":[2,3],"dtype":"int64","shape":[2]},"weights":{"data":[1,0.5],"dtype":"float32","shape":[2]}},' +
        '"model_input":{"chunks":[{"tokens":[1,2],"type":"encoded_text"}]}}',
    );
  });

  it('names the tensor and the token that are wrong', () => {
    assertRejects(
      DatumFromJson,
      { loss_fn_inputs: { weights: { data: ['x'], dtype: 'float32' } }, model_input: { chunks: [{ tokens: [0.5] }] } },
      'loss_fn_inputs.weights: got an object, data[0]: got "x", expected a number; model_input.chunks.0.tokens.0: got 0.5, expected a 32-bit token id',
    );
  });
});
