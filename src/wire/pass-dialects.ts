import type { EncodedBody } from '../types/attempt.js';
import type { PassDialect } from './pass-body.js';
import { checkChunks } from './check-chunks.js';
import { jsonPass } from './pass-json.js';
import { encodePassRequest, protobufType } from './pass-proto.js';
import { compressZstd } from './zstd.js';

/** The ways to write a pass on the wire. */
export type PassEncoding = 'protobuf' | 'json';

/**
 * The dialects that a server is spoken to in.
 * @param compress whether it wants protobuf bodies compressed (wire protocol §2.4)
 */
export function passDialects(compress: boolean): Readonly<Record<PassEncoding, PassDialect>> {
  return { protobuf: protobufPass(compress ? compressed : plain), json: jsonPass };
}

type Pack = (content: Uint8Array<ArrayBuffer>) => EncodedBody;

/** The protobuf dialect of passes (wire protocol §5.3). */
function protobufPass(packed: Pack): PassDialect {
  return {
    check: ({ data }) => checkChunks(data),
    path: () => '/api/v1/forward_backward',
    encode: (pass, modelId, seqId) => packed(encodePassRequest(pass, modelId, seqId)),
  };
}

function plain(content: Uint8Array<ArrayBuffer>): EncodedBody {
  return { content, contentType: protobufType };
}

function compressed(content: Uint8Array<ArrayBuffer>): EncodedBody {
  const frame = compressZstd(content);
  return frame === undefined ? plain(content) : { content: frame, contentType: protobufType, contentEncoding: 'zstd' };
}
