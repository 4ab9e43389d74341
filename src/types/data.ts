import * as t from 'io-ts';
import * as E from 'fp-ts/lib/Either.js';
import { invalid, invalidPhrase } from './errors.js';
import { isRecord } from './check.js';
import { Integer } from './ids.js';
import { constant, field, message } from './message.js';
import { recordOf } from './record.js';
import { TensorData, toTensorData, type TensorDtype, type TensorLike } from './tensor.js';
import { TensorFromJson } from './tensor-json.js';

const mostToken = 2 ** 31 - 1;

/** Index of the first element that is not a whole number from `least` to 2^31 - 1; -1 when all are. */
function firstNoToken(values: ArrayLike<unknown>, least: number): number {
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > mostToken) return i;
  }
  return -1;
}

/** Token ids as an Int32Array; on the wire an array of whole numbers. */
export const Tokens = new t.Type<Int32Array, number[]>(
  'Tokens',
  (value): value is Int32Array => value instanceof Int32Array,
  (value, context) => {
    if (!Array.isArray(value)) return t.failure(value, context, 'expected an array of token ids');
    const wrong = firstNoToken(value, -mostToken - 1);
    return wrong === -1
      ? t.success(Int32Array.from(value))
      : t.failure(value[wrong], t.appendContext(context, String(wrong), Integer), 'expected a 32-bit token id');
  },
  (tokens) => Array.from(tokens),
);

/** A run of text tokens in a model input (wire protocol §6.8). */
export const EncodedTextChunk = message('EncodedTextChunk', {
  /** Token ids in order. */
  tokens: field('tokens', Tokens),
  type: constant('type', 'encoded_text'),
});
export type EncodedTextChunk = t.TypeOf<typeof EncodedTextChunk>;

/** One part of a model input (wire protocol §6.8); text is the only kind. */
export type ModelInputChunk = EncodedTextChunk;

/** What a model reads: chunks in order (wire protocol §6.8). Immutable. */
export class ModelInput {
  /** The parts in order. Kept as given, not copied: do not change an array that was passed in. */
  readonly chunks: readonly ModelInputChunk[];

  /** @throws TinkerError `validation` naming the first element that is not a chunk */
  constructor(chunks: readonly ModelInputChunk[]) {
    if (!Array.isArray(chunks)) throw invalid('chunks', chunks, 'an array of chunks');
    const wrong = chunks.findIndex((chunk) => !EncodedTextChunk.is(chunk));
    if (wrong !== -1) throw invalid(`chunks[${wrong}]`, chunks[wrong], 'a text chunk; ModelInput.fromInts makes them of token ids');
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

  /** All tokens of all chunks in order, as a new array. */
  toInts(): number[] {
    return this.chunks.flatMap((chunk) => Array.from(chunk.tokens));
  }

  /** Length in tokens. */
  get length(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.tokens.length, 0);
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
  if (modelInput.length === 0) throw invalidPhrase(`${at}.modelInput`, 'no tokens', 'at least one token');
  if (!isRecord(lossFnInputs)) throw invalid(`${at}.lossFnInputs`, lossFnInputs, 'an object of tensors by name');
  const tensors = Object.entries(lossFnInputs).map(([name, value]) => [name, toTensor(value, name, `${at}.lossFnInputs.${name}`)] as const);
  return { modelInput, lossFnInputs: Object.fromEntries(tensors) };
}

function toTensor(value: unknown, name: string, at: string): TensorData {
  const dtype = dtypeOf.get(name);
  if (dtype !== undefined) return toTensorData(value, dtype, at);
  if (value instanceof TensorData) return value;
  if (value instanceof Float32Array || value instanceof Int32Array || value instanceof BigInt64Array) return new TensorData(value);
  const others = [...dtypeOf.keys()].join(', ');
  throw invalid(at, value, `a TensorData, a Float32Array, an Int32Array or a BigInt64Array (plain arrays are for ${others})`);
}

const ModelInputMessage = message('ModelInput', { chunks: field('chunks', t.readonlyArray(EncodedTextChunk)) });

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
