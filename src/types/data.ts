import * as t from 'io-ts';
import * as E from 'fp-ts/lib/Either.js';
import { isRecord } from './check.js';
import { chunkLength, EncodedTextChunk, ModelInputChunkFromJson, type ModelInputChunk } from './chunks.js';
import { invalid, invalidPhrase } from './errors.js';
import { field, message } from './message.js';
import { recordOf } from './record.js';
import { TensorData, toTensorData, type TensorLike } from './tensor.js';
import { TensorFromJson } from './tensor-json.js';
import { isTensorValues, type TensorDtype } from './tensor-values.js';
import { firstNoToken, mostToken } from './tokens.js';

/** What a model reads: chunks in order (wire protocol §6.8). Immutable. */
export class ModelInput {
  /** The parts in order. Kept as given, not copied: do not change an array that was passed in. */
  readonly chunks: readonly ModelInputChunk[];

  /** @throws TinkerError `validation` naming the first element that is not a chunk */
  constructor(chunks: readonly ModelInputChunk[]) {
    if (!Array.isArray(chunks)) throw invalid('chunks', chunks, 'an array of chunks');
    const wrong = chunks.findIndex((chunk) => !ModelInputChunkFromJson.is(chunk));
    if (wrong !== -1) {
      throw invalid(`chunks[${wrong}]`, chunks[wrong], 'a chunk; ModelInput.fromInts, imageChunk, imageAssetPointer and dmelChunk make them');
    }
    this.chunks = chunks;
  }

  /**
   * An input of one chunk of text tokens.
   * @param tokens token ids, each whole, 0 to 2^31 - 1; an Int32Array is kept as given, not copied
   * @throws TinkerError `validation` naming the first element that is not a 32-bit token id
   */
  static fromInts(tokens: readonly number[] | Int32Array): ModelInput {
    const typed = tokens instanceof Int32Array;
    if (!typed && !Array.isArray(tokens)) throw invalid('tokens', tokens, 'an array of token ids or an Int32Array');
    const wrong = firstNoToken(tokens, 0);
    if (wrong !== -1) throw invalid(`tokens[${wrong}]`, tokens[wrong], `a token id (whole, 0 to ${mostToken})`);
    return new ModelInput([EncodedTextChunk.make({ tokens: typed ? tokens : Int32Array.from(tokens) })]);
  }

  /** An input of no tokens, to append to; a datum needs at least one token. */
  static empty(): ModelInput {
    return new ModelInput([]);
  }

  /**
   * A new input with one more chunk at the end; this one is left as it is.
   * @throws TinkerError `validation` when it is no chunk
   */
  append(chunk: ModelInputChunk): ModelInput {
    return new ModelInput([...this.chunks, chunk]);
  }

  /**
   * A new input with one more chunk, of a single token; this one is left as it is.
   * @param token whole, 0 to 2^31 - 1
   * @throws TinkerError `validation` when it is no token id
   */
  appendInt(token: number): ModelInput {
    return new ModelInput([...this.chunks, ...ModelInput.fromInts([token]).chunks]);
  }

  /**
   * All tokens of all chunks in order, as a new array.
   * @throws TinkerError `validation` naming the first chunk that is not text
   */
  toInts(): number[] {
    return this.chunks.flatMap((chunk, index) => {
      if (chunk.type === 'encoded_text') return Array.from(chunk.tokens);
      throw invalidPhrase(`chunks[${index}]`, `a chunk of type ${chunk.type}`, 'text only: other chunks have no token ids');
    });
  }

  /**
   * Length in tokens: of text the number of tokens, of images their `expectedTokens`, of audio features the
   * first dimension.
   * @throws TinkerError `validation` naming the first image without `expectedTokens`
   */
  get length(): number {
    return this.chunks.reduce((sum, chunk, index) => sum + chunkLength(chunk, `chunks[${index}]`), 0);
  }
}

/**
 * One training example. Names of loss inputs are the server's own (`target_tokens`, `weights`,
 * `advantages`, `logprobs`): an open vocabulary, hence passed on as they are (wire protocol §6.8).
 */
export interface Datum {
  /** What the model reads; at least one token. */
  readonly modelInput: ModelInput;
  /**
   * Tensors by the server's own names, for the common losses one element per token of the input (wire
   * protocol §9.4). Plain arrays become int64 under `target_tokens`, and float32 under `weights`,
   * `advantages`, `logprobs`, `clip_low_threshold` and `clip_high_threshold`; under any other name pass a
   * TensorData or a typed array.
   */
  readonly lossFnInputs: Readonly<Record<string, TensorLike>>;
}

/** A datum whose loss inputs are all tensors. */
export interface EncodableDatum {
  readonly modelInput: ModelInput;
  readonly lossFnInputs: Readonly<Record<string, TensorData>>;
}

const dtypeOf: ReadonlyMap<string, TensorDtype> = new Map([
  ['target_tokens', 'int64'],
  ['weights', 'float32'],
  ['advantages', 'float32'],
  ['logprobs', 'float32'],
  ['clip_low_threshold', 'float32'],
  ['clip_high_threshold', 'float32'],
]);

/**
 * Checks data and turns every loss input into a tensor. Plain arrays take the dtype that belongs to
 * their name; for other names pass a TensorData or a typed array.
 * @throws TinkerError `validation` naming the datum and the field
 */
export function toEncodable(data: unknown): readonly EncodableDatum[] {
  if (!Array.isArray(data) || data.length === 0) {
    const allowed = 'an array of at least one datum';
    throw Array.isArray(data) ? invalidPhrase('data', 'no datum', allowed) : invalid('data', data, allowed);
  }
  return Array.from(data, (datum: unknown, index) => toEncodableDatum(datum, `data[${index}]`));
}

function toEncodableDatum(datum: unknown, at: string): EncodableDatum {
  if (!isRecord(datum)) throw invalid(at, datum, 'an object with modelInput and lossFnInputs');
  const { modelInput, lossFnInputs = {} } = datum;
  if (!(modelInput instanceof ModelInput)) throw invalid(`${at}.modelInput`, modelInput, 'a ModelInput');
  if (!modelInput.chunks.some(isSomething)) throw invalidPhrase(`${at}.modelInput`, 'no tokens', 'at least one token');
  checkCarried(modelInput, at);
  if (!isRecord(lossFnInputs)) throw invalid(`${at}.lossFnInputs`, lossFnInputs, 'an object of tensors by name');
  const tensors = Object.entries(lossFnInputs).map(([name, value]) => [name, toTensor(value, name, `${at}.lossFnInputs.${name}`)] as const);
  return { modelInput, lossFnInputs: Object.fromEntries(tensors) };
}

/** Unlike the length in tokens this is known of every chunk. */
function isSomething(chunk: ModelInputChunk): boolean {
  return chunk.type !== 'encoded_text' || chunk.tokens.length > 0;
}

/** Only sampling takes images that the server holds: training requests have no form for them (wire protocol §5.3). */
function checkCarried({ chunks }: ModelInput, at: string): void {
  const pointer = chunks.findIndex(({ type }) => type === 'image_asset_pointer');
  if (pointer === -1) return;
  const allowed = 'text, an image or audio: training takes images themselves only, which imageChunk makes of their bytes';
  throw invalidPhrase(`${at}.modelInput.chunks[${pointer}]`, 'an image asset pointer', allowed);
}

function toTensor(value: unknown, name: string, at: string): TensorData {
  const dtype = dtypeOf.get(name);
  if (dtype !== undefined) return toTensorData(value, dtype, at);
  if (value instanceof TensorData) return value;
  if (isTensorValues(value)) return new TensorData(value);
  const others = [...dtypeOf.keys()].join(', ');
  throw invalid(at, value, `a TensorData, a Float32Array, an Int32Array or a BigInt64Array (plain arrays are for ${others})`);
}

const ModelInputMessage = message('ModelInput', { chunks: field('chunks', t.readonlyArray(ModelInputChunkFromJson)) });

/** A model input in JSON. */
export const ModelInputFromJson = new t.Type<ModelInput, unknown>(
  'ModelInput',
  (value): value is ModelInput => value instanceof ModelInput,
  (value, context) => {
    const decoded = ModelInputMessage.validate(value, context);
    return E.isLeft(decoded) ? decoded : t.success(new ModelInput(decoded.right.chunks));
  },
  ({ chunks }) => ModelInputMessage.encode({ chunks }),
);

/** A datum in the JSON dialect (wire protocol, Appendix C). */
export const DatumFromJson = message('Datum', {
  lossFnInputs: field('loss_fn_inputs', recordOf(TensorFromJson, 'LossFnInputs')),
  modelInput: field('model_input', ModelInputFromJson),
});
