import * as t from 'io-ts';
import { Bytes, fromBase64 } from './bytes.js';
import { isRecord } from './check.js';
import { dmelLength } from './dmel.js';
import { invalid, TinkerError } from './errors.js';
import { Integer } from './ids.js';
import { constant, field, message, optional, type WireObject } from './message.js';
import { Tokens } from './tokens.js';

/** Formats of images that the protocol knows (wire protocol §2.6). */
export type ImageFormat = 'png' | 'jpeg';

const ImageFormat = t.union([t.literal('png'), t.literal('jpeg')], 'ImageFormat');

/** A run of text tokens in a model input (wire protocol §2.6). */
export const EncodedTextChunk = message('EncodedTextChunk', {
  /** Token ids in order. */
  tokens: field('tokens', Tokens),
  type: constant('type', 'encoded_text'),
});
export type EncodedTextChunk = t.TypeOf<typeof EncodedTextChunk>;

/** An image in a model input (§2.6); {@link imageChunk} makes one. */
export const ImageChunk = message('ImageChunk', {
  /** The bytes of the image file. */
  data: field('data', Bytes),
  /** Of the image file. */
  format: field('format', ImageFormat),
  /** How many tokens the image takes; the server may refuse it when that is wrong. */
  expectedTokens: optional('expected_tokens', Integer),
  type: constant('type', 'image'),
});
export type ImageChunk = t.TypeOf<typeof ImageChunk>;

/** An image that the server holds (§2.6), for sampling only; {@link imageAssetPointer} makes one. */
export const ImageAssetPointerChunk = message('ImageAssetPointerChunk', {
  /** Of the image file. */
  format: field('format', ImageFormat),
  /** Where the server finds it. */
  location: field('location', t.string),
  /** How many tokens the image takes. */
  expectedTokens: optional('expected_tokens', Integer),
  type: constant('type', 'image_asset_pointer'),
});
export type ImageAssetPointerChunk = t.TypeOf<typeof ImageAssetPointerChunk>;

/** Audio features in a model input (§2.6); {@link dmelChunk} makes one. */
export const DmelChunk = message('DmelChunk', {
  /** A serialized tensor container (§5.6). */
  dmel: field('dmel', Bytes),
  type: constant('type', 'dmel'),
});
export type DmelChunk = t.TypeOf<typeof DmelChunk>;

/** One part of a model input (§6.8). */
export type ModelInputChunk = EncodedTextChunk | ImageChunk | ImageAssetPointerChunk | DmelChunk;

const kinds = t.union([EncodedTextChunk, ImageChunk, ImageAssetPointerChunk, DmelChunk]);

const codecs: ReadonlyMap<unknown, t.Decoder<unknown, ModelInputChunk>> = new Map<unknown, t.Decoder<unknown, ModelInputChunk>>([
  ['encoded_text', EncodedTextChunk],
  ['image', ImageChunk],
  ['image_asset_pointer', ImageAssetPointerChunk],
  ['dmel', DmelChunk],
]);

/** Any part of a model input in JSON, told apart by `type` (§2.6); one without a type is text. */
export const ModelInputChunkFromJson = new t.Type<ModelInputChunk, WireObject>(
  'ModelInputChunk',
  (value): value is ModelInputChunk => kinds.is(value),
  (value, context) => {
    const type = isRecord(value) ? (value['type'] ?? 'encoded_text') : 'encoded_text';
    const codec = codecs.get(type);
    if (codec !== undefined) return codec.validate(value, context);
    return t.failure(type, t.appendContext(context, 'type', t.string), `expected one of ${[...codecs.keys()].join(', ')}`);
  },
  (chunk) => kinds.encode(chunk),
);

/**
 * An image for a model input.
 * @param image.data the image file, as bytes or as base64 text
 * @param image.format `png` or `jpeg`
 * @param image.expectedTokens how many tokens the image takes, 0 or more; {@link ModelInput.length} needs it
 * @throws TinkerError `validation` naming the field
 */
export function imageChunk(image: {
  readonly data: Uint8Array | string;
  readonly format: ImageFormat;
  readonly expectedTokens?: number | undefined;
}): ImageChunk {
  if (!isRecord(image)) throw invalid('image', image, 'an object with data and format');
  const { data, format, expectedTokens } = image;
  return ImageChunk.make({ data: toBytes(data, 'data'), format: checkFormat(format), expectedTokens: checkCount(expectedTokens) });
}

/**
 * An image that the server holds, for sampling: training requests cannot carry it.
 * @param image.location where the server finds it
 * @param image.format `png` or `jpeg`
 * @param image.expectedTokens how many tokens the image takes, 0 or more; {@link ModelInput.length} needs it
 * @throws TinkerError `validation` naming the field
 */
export function imageAssetPointer(image: {
  readonly location: string;
  readonly format: ImageFormat;
  readonly expectedTokens?: number | undefined;
}): ImageAssetPointerChunk {
  if (!isRecord(image)) throw invalid('image', image, 'an object with location and format');
  const { location, format, expectedTokens } = image;
  if (typeof location !== 'string' || location === '') throw invalid('location', location, 'a non-empty string');
  return ImageAssetPointerChunk.make({ location, format: checkFormat(format), expectedTokens: checkCount(expectedTokens) });
}

/**
 * Audio features for a model input.
 * @param dmel a serialized tensor container (§5.6), as bytes or as base64 text
 * @throws TinkerError `validation` when it is none
 */
export function dmelChunk(dmel: Uint8Array | string): DmelChunk {
  const bytes = toBytes(dmel, 'dmel');
  dmelLength(bytes);
  return DmelChunk.make({ dmel: bytes });
}

/**
 * Length of a part in tokens (§6.8).
 * @param at names the chunk in an error
 * @throws TinkerError `validation` when an image does not say how many tokens it takes
 */
export function chunkLength(chunk: ModelInputChunk, at: string): number {
  switch (chunk.type) {
    case 'encoded_text':
      return chunk.tokens.length;
    case 'dmel':
      return dmelLength(chunk.dmel);
    case 'image':
    case 'image_asset_pointer':
      if (chunk.expectedTokens !== undefined) return chunk.expectedTokens;
      throw new TinkerError('validation', `${at}.expectedTokens: missing, so the length of the input is not known; give it with the image`, {
        field: `${at}.expectedTokens`,
      });
  }
}

function toBytes(given: Uint8Array | string, field: string): Uint8Array {
  const bytes = typeof given === 'string' ? fromBase64(given) : given;
  if (bytes instanceof Uint8Array) return bytes;
  throw invalid(field, given, 'a Uint8Array or base64 text');
}

function checkFormat(format: ImageFormat): ImageFormat {
  if (!ImageFormat.is(format)) throw invalid('format', format, '"png" or "jpeg"');
  return format;
}

const mostTokens = 2 ** 31 - 1;

function checkCount(expectedTokens: number | undefined): number | undefined {
  if (expectedTokens === undefined || (Number.isInteger(expectedTokens) && expectedTokens >= 0 && expectedTokens <= mostTokens)) return expectedTokens;
  throw invalid('expectedTokens', expectedTokens, `a whole number from 0 to ${mostTokens}`);
}
