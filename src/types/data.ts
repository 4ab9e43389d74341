import * as t from 'io-ts';
import { invalid } from './errors.js';
import { Integer } from './ids.js';
import { constant, field, message } from './message.js';
import { TensorData, TensorFromJson, type TensorDtype, type TensorLike } from './tensor.js';

/** Token ids as an Int32Array; on the wire an array of whole numbers. */
export const Tokens = new t.Type<Int32Array, number[]>(
  'Tokens',
  (value): value is Int32Array => value instanceof Int32Array,
  (value, context) => {
    if (!Array.isArray(value)) return t.failure(value, context, 'expected an array of token ids');
    const tokens = Int32Array.from(value);
    const wrong = value.findIndex((token, index) => tokens[index] !== token);
    return wrong === -1
      ? t.success(tokens)
      : t.failure(value[wrong], t.appendContext(context, String(wrong), Integer), 'expected a 32-bit token id');
  },
  (tokens) => Array.from(tokens),
);

/** A run of text tokens in a model input. */
export const EncodedTextChunk = message('EncodedTextChunk', {
  tokens: field('tokens', Tokens),
  type: constant('type', 'encoded_text'),
});
export type EncodedTextChunk = t.TypeOf<typeof EncodedTextChunk>;

/** One part of a model input. */
export type ModelInputChunk = EncodedTextChunk;

/** What a model reads: chunks in order (wire protocol §6.8). Immutable. */
export class ModelInput {
  readonly chunks: readonly ModelInputChunk[];

  constructor(chunks: readonly ModelInputChunk[]) {
    this.chunks = chunks;
  }

  /**
   * An input of text tokens only.
   * @throws TinkerError `validation` naming the first element that is not a 32-bit token id
   */
  static fromInts(tokens: readonly number[] | Int32Array): ModelInput {
    if (tokens instanceof Int32Array) return new ModelInput([EncodedTextChunk.make({ tokens })]);
    if (!Array.isArray(tokens)) throw invalid('tokens', tokens, 'an array of token ids or an Int32Array');
    const kept = Int32Array.from(tokens);
    const wrong = tokens.findIndex((token, index) => kept[index] !== token || token < 0);
    if (wrong !== -1) throw invalid(`tokens[${wrong}]`, tokens[wrong], 'a token id (whole, 0 to 2147483647)');
    return new ModelInput([EncodedTextChunk.make({ tokens: kept })]);
  }

  static empty(): ModelInput {
    return new ModelInput([]);
  }

  /** A new input with one more chunk at the end. */
  append(chunk: ModelInputChunk): ModelInput {
    return new ModelInput([...this.chunks, chunk]);
  }

  /** A new input with one more chunk, of a single token. */
  appendInt(token: number): ModelInput {
    return new ModelInput([...this.chunks, ...ModelInput.fromInts([token]).chunks]);
  }

  /** All tokens in order. */
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
 * `advantages`, `logprobs`): an open vocabulary, hence passed on as they are.
 */
export interface Datum {
  readonly modelInput: ModelInput;
  readonly lossFnInputs: Readonly<Record<string, TensorLike>>;
}

/** A datum whose loss inputs are all tensors. */
export interface EncodableDatum {
  readonly modelInput: ModelInput;
  readonly lossFnInputs: Readonly<Record<string, TensorData>>;
}

const dtypeOf: Readonly<Record<string, TensorDtype>> = {
  target_tokens: 'int64',
  weights: 'float32',
  advantages: 'float32',
  logprobs: 'float32',
  clip_low_threshold: 'float32',
  clip_high_threshold: 'float32',
};

/**
 * Checks data and turns every loss input into a tensor. Plain arrays take the dtype that belongs to
 * their name; for other names pass a TensorData or a typed array.
 * @throws TinkerError `validation` naming the datum and the field
 */
export function toEncodable(data: unknown): readonly EncodableDatum[] {
  if (!Array.isArray(data) || data.length === 0) {
    throw invalid('data', Array.isArray(data) ? 'no datum' : data, 'an array of at least one datum');
  }
  return data.map((datum: Partial<Datum> | null | undefined, index) => {
    const at = `data[${index}]`;
    if (!(datum?.modelInput instanceof ModelInput)) throw invalid(`${at}.modelInput`, datum?.modelInput, 'a ModelInput');
    if (datum.modelInput.length === 0) throw invalid(`${at}.modelInput`, 'no tokens', 'at least one token');
    const inputs = Object.entries(datum.lossFnInputs ?? {});
    const tensors = inputs.map(([name, value]) => [name, toTensor(value, name, `${at}.lossFnInputs.${name}`)] as const);
    return { modelInput: datum.modelInput, lossFnInputs: Object.fromEntries(tensors) };
  });
}

function toTensor(value: TensorLike, name: string, at: string): TensorData {
  if (value instanceof TensorData) return value;
  const dtype = dtypeOf[name] ?? (value instanceof Float32Array ? 'float32' : undefined);
  if (dtype !== undefined) return TensorData.from(value, dtype, at);
  if (value instanceof Int32Array || value instanceof BigInt64Array) return new TensorData(value);
  throw invalid(at, value, `a TensorData or a typed array (plain arrays are for ${Object.keys(dtypeOf).join(', ')})`);
}

/** A model input in JSON. */
export const ModelInputFromJson = new t.Type<ModelInput, unknown>(
  'ModelInput',
  (value): value is ModelInput => value instanceof ModelInput,
  (value, context) => {
    const wire = message('ModelInput', { chunks: field('chunks', t.array(EncodedTextChunk)) });
    const decoded = wire.validate(value, context);
    return decoded._tag === 'Left' ? decoded : t.success(new ModelInput(decoded.right.chunks));
  },
  (input) => ({ chunks: input.chunks.map((chunk) => EncodedTextChunk.encode(chunk)) }),
);

/** A datum in the JSON dialect (wire protocol, Appendix C). */
export const DatumFromJson = message('Datum', {
  lossFnInputs: field('loss_fn_inputs', t.record(t.string, TensorFromJson)),
  modelInput: field('model_input', ModelInputFromJson),
});
