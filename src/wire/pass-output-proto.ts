import * as E from 'fp-ts/lib/Either.js';
import { messageOf, TinkerError } from '../types/errors.js';
import type { ForwardBackwardOutput } from '../types/training.js';
import { ProtoMessage } from './proto-message.js';
import { fromRecords } from './records-proto.js';

const defaultOutputType = 'ArrayRecord';

/** Reads the result of a pass (wire protocol §5.4); a `malformedResponse` error when it is none. */
export function decodePassOutput(body: Uint8Array): E.Either<TinkerError, ForwardBackwardOutput> {
  return E.tryCatch(
    () => {
      const output = new ProtoMessage(body);
      const type = output.text(1);
      const records = output.messages(2);
      return {
        lossFnOutputType: records.length === 0 ? type || defaultOutputType : type.slice(type.lastIndexOf(':') + 1),
        lossFnOutputs: fromRecords(records),
        metrics: Object.fromEntries(output.messages(3).map((metric) => [metric.text(1), metric.double(2)])),
      };
    },
    (thrown) =>
      new TinkerError('malformedResponse', `The server's answer is not a valid ForwardBackwardOutput: ${messageOf(thrown)}`, { cause: thrown }),
  );
}
