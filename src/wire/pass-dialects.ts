import type { EncodedBody } from '../types/attempt.js';
import type { PassDialect } from './pass-body.js';
import { jsonPass } from './pass-json.js';
import { protobufType, writePassRequest } from './pass-proto.js';
import type { Steps } from './steps.js';

/** The ways to write a pass on the wire. */
export type PassEncoding = 'protobuf' | 'json';

/** Makes a zstd frame of bytes; undefined where there is none to be made. */
type Compress = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> | undefined;

/**
 * The dialects that a server is spoken to in.
 * @param compress makes what it wants of protobuf bodies (wire protocol §2.4); default: they go as they are
 */
export function passDialects(compress: Compress = () => undefined): Readonly<Record<PassEncoding, PassDialect>> {
  return { protobuf: protobufPass(compress), json: jsonPass };
}

/** The protobuf dialect of passes (wire protocol §5.3). */
function protobufPass(compress: Compress): PassDialect {
  return {
    path: () => '/api/v1/forward_backward',
    write: function* (pass, modelId, seqId): Steps<EncodedBody> {
      const content = yield* writePassRequest(pass, modelId, seqId);
      const frame = compress(content);
      return frame === undefined
        ? { content, contentType: protobufType }
        : { content: frame, contentType: protobufType, contentEncoding: 'zstd' };
    },
  };
}
