import { dmelChunk, EncodedTextChunk, imageChunk, type ImageFormat, type ModelInputChunk } from '../types/chunks.js';
import { invalid } from '../types/errors.js';
import { pack, unpackInt32 } from './packed.js';
import type { Chunk } from './proto/tinker_public_pb.js';
import type { ProtoWriter } from './proto-writer.js';

const mostExpected = 2 ** 31 - 1;

/**
 * Writes a part of a model input in a training request (wire protocol §5.3).
 * @throws TinkerError `validation` on a length that is none; Error on an image that the server holds: there is no form for it
 */
export function writeChunk(out: ProtoWriter, chunk: ModelInputChunk): void {
  switch (chunk.type) {
    case 'encoded_text':
      out.message(1, () => out.bytes(1, pack(chunk.tokens)));
      break;
    case 'image':
      out.message(2, () => {
        out.bytes(1, chunk.data);
        out.text(2, chunk.format);
        if (chunk.expectedTokens !== undefined) out.varint(3, checkExpected(chunk.expectedTokens));
      });
      break;
    case 'dmel':
      out.message(3, () => out.bytes(1, chunk.dmel));
      break;
    case 'image_asset_pointer':
      throw new Error('an image asset pointer has no form in protobuf');
  }
}

/** An image that was put together by hand may say anything. */
function checkExpected(tokens: number): number {
  if (tokens >= 0 && tokens <= mostExpected) return tokens;
  throw invalid('expectedTokens', tokens, `a whole number from 0 to ${mostExpected}`);
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
