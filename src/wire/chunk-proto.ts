import type { MessageInitShape } from '@bufbuild/protobuf';
import { dmelChunk, EncodedTextChunk, imageChunk, type ImageFormat, type ModelInputChunk } from '../types/chunks.js';
import { pack, unpackInt32 } from './packed.js';
import type { Chunk, ChunkSchema } from './proto/tinker_public_pb.js';

/**
 * A part of a model input in a training request (wire protocol §5.3).
 * @throws Error on an image that the server holds: there is no form for it
 */
export function toProtoChunk(chunk: ModelInputChunk): MessageInitShape<typeof ChunkSchema> {
  switch (chunk.type) {
    case 'encoded_text':
      return { chunk: { case: 'encodedText', value: { tokens: pack(chunk.tokens) } } };
    case 'image': {
      const { data, format, expectedTokens } = chunk;
      return { chunk: { case: 'image', value: { data, format, ...(expectedTokens === undefined ? {} : { expectedTokens }) } } };
    }
    case 'dmel':
      return { chunk: { case: 'dmel', value: { dmel: chunk.dmel } } };
    case 'image_asset_pointer':
      throw new Error('an image asset pointer has no form in protobuf');
  }
}

/**
 * A part of a model input as it is used.
 * @throws Error when it is none
 */
export function fromProtoChunk({ chunk }: Chunk): ModelInputChunk {
  switch (chunk.case) {
    case 'encodedText':
      return EncodedTextChunk.make({ tokens: unpackInt32(chunk.value.tokens) });
    case 'image': {
      const { data, format, expectedTokens } = chunk.value;
      return imageChunk({ data, format: toFormat(format), expectedTokens });
    }
    case 'dmel':
      return dmelChunk(chunk.value.dmel);
    case undefined:
      throw new Error('a chunk of an unknown kind');
  }
}

function toFormat(format: string): ImageFormat {
  if (format === 'png' || format === 'jpeg') return format;
  throw new Error(`image format ${JSON.stringify(format)} is none of the protocol`);
}
