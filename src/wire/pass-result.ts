import type * as E from 'fp-ts/lib/Either.js';
import { decode } from '../types/decode.js';
import type { TinkerError } from '../types/errors.js';
import { ForwardBackwardOutput } from '../types/training.js';
import { decodePassOutput } from './pass-output-proto.js';

/**
 * Reads the result of a pass: bytes are protobuf (wire protocol §5.4), anything else is parsed JSON
 * (Appendix C). Servers answer in either, whatever the request was in.
 */
export function decodePassResult(body: unknown): E.Either<TinkerError, ForwardBackwardOutput> {
  return body instanceof Uint8Array ? decodePassOutput(body) : decode(ForwardBackwardOutput, body);
}
