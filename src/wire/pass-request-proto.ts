import { fromBinary } from '@bufbuild/protobuf';
import * as E from 'fp-ts/lib/Either.js';
import { ModelInput, type EncodableDatum } from '../types/data.js';
import { messageOf, TinkerError } from '../types/errors.js';
import { fromProtoChunk } from './chunk-proto.js';
import type { Pass } from './pass-body.js';
import { ForwardBackwardRequestSchema, type Datum } from './proto/tinker_public_pb.js';
import { fromProtoTensor } from './tensor-proto.js';

/** A pass as it came over the wire. */
export interface ReceivedPass {
  readonly pass: Pass;
  readonly modelId: string;
  /** Undefined when it was not given. */
  readonly seqId: number | undefined;
}

/** Reads the body of a pass; a `validation` error when it is none. */
export function decodePassRequest(body: Uint8Array): E.Either<TinkerError, ReceivedPass> {
  return E.tryCatch(
    () => {
      const { modelId, seqId, data, lossFn, lossFnConfig, forwardOnly } = fromBinary(ForwardBackwardRequestSchema, body);
      const config = Object.keys(lossFnConfig).length === 0 ? undefined : lossFnConfig;
      return {
        pass: { data: data.map(toDatum), lossFn, lossFnConfig: config, forwardOnly },
        modelId,
        seqId: seqId === 0 ? undefined : seqId,
      };
    },
    (thrown) => new TinkerError('validation', `not a valid ForwardBackwardRequest: ${messageOf(thrown)}`, { cause: thrown }),
  );
}

/** The model and number of a pass of which the rest may be unusable; undefined when not even these can be read. */
export function addressOfPass(body: Uint8Array): { readonly modelId: string; readonly seqId: number } | undefined {
  try {
    const { modelId, seqId } = fromBinary(ForwardBackwardRequestSchema, body);
    return { modelId, seqId };
  } catch {
    return undefined;
  }
}

function toDatum({ modelInput, lossFnInputs }: Datum, index: number): EncodableDatum {
  const at = `data[${index}]`;
  return {
    modelInput: named(at, () => new ModelInput(modelInput.map(fromProtoChunk))),
    lossFnInputs: Object.fromEntries(
      Object.entries(lossFnInputs).map(([name, tensor]) => [name, named(`${at}.loss_fn_inputs.${name}`, () => fromProtoTensor(tensor))]),
    ),
  };
}

/** Says where in a message something is wrong. */
function named<A>(at: string, read: () => A): A {
  try {
    return read();
  } catch (thrown) {
    throw new Error(`${at}: ${messageOf(thrown)}`, { cause: thrown });
  }
}
