import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import * as E from 'fp-ts/lib/Either.js';
import { messageOf, TinkerError } from '../types/errors.js';
import type { ForwardBackwardOutput } from '../types/training.js';
import { ForwardBackwardOutputSchema } from './proto/tinker_public_pb.js';
import { fromProtoRecords, toProtoRecords } from './records-proto.js';

/** The result of a pass as a body (§5.4). */
export function encodePassOutput({ lossFnOutputType, lossFnOutputs, metrics }: ForwardBackwardOutput): Uint8Array<ArrayBuffer> {
  return toBinary(
    ForwardBackwardOutputSchema,
    create(ForwardBackwardOutputSchema, { lossFnOutputType, lossFnOutputs: toProtoRecords(lossFnOutputs), metrics }),
  );
}

const defaultOutputType = 'ArrayRecord';

/** Reads the result of a pass (§5.4); a `malformedResponse` error when it is none. */
export function decodePassOutput(body: Uint8Array): E.Either<TinkerError, ForwardBackwardOutput> {
  return E.tryCatch(
    () => {
      const { lossFnOutputType: type, lossFnOutputs, metrics } = fromBinary(ForwardBackwardOutputSchema, body);
      return {
        lossFnOutputType: lossFnOutputs.length === 0 ? type || defaultOutputType : type.slice(type.lastIndexOf(':') + 1),
        lossFnOutputs: fromProtoRecords(lossFnOutputs),
        metrics,
      };
    },
    (thrown) =>
      new TinkerError('malformedResponse', `The server's answer is not a valid ForwardBackwardOutput: ${messageOf(thrown)}`, { cause: thrown }),
  );
}
