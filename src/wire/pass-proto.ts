import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import * as E from 'fp-ts/lib/Either.js';
import { ModelInput, type EncodableDatum } from '../types/data.js';
import { invalid, messageOf, TinkerError } from '../types/errors.js';
import type { ForwardBackwardOutput } from '../types/training.js';
import { fromProtoChunk, toProtoChunk } from './chunk-proto.js';
import type { Pass } from './pass-body.js';
import { ForwardBackwardOutputSchema, ForwardBackwardRequestSchema, type Datum } from './proto/tinker_public_pb.js';
import { fromProtoRecords, toProtoRecords } from './records-proto.js';
import { fromProtoTensor, toProtoTensor } from './tensor-proto.js';

/** What bodies in protobuf are declared as. */
export const protobufType = 'application/x-protobuf';

/** A pass as it came over the wire. */
export interface ReceivedPass {
  readonly pass: Pass;
  readonly modelId: string;
  /** Undefined when it was not given. */
  readonly seqId: number | undefined;
}

const mostSeqId = 2 ** 31 - 1;

/**
 * The body of a pass (wire protocol §5.3).
 * @throws TinkerError `validation` on a number beyond 32 bits; any error on an image asset pointer
 */
export function encodePassRequest(pass: Pass, modelId: string, seqId: number): Uint8Array<ArrayBuffer> {
  const { data, lossFn, lossFnConfig = {}, forwardOnly } = pass;
  if (!Number.isInteger(seqId) || seqId < 1 || seqId > mostSeqId) throw invalid('seqId', seqId, `a whole number from 1 to ${mostSeqId}`);
  return toBinary(
    ForwardBackwardRequestSchema,
    create(ForwardBackwardRequestSchema, {
      modelId,
      seqId,
      data: data.map(({ modelInput, lossFnInputs }) => ({
        modelInput: modelInput.chunks.map(toProtoChunk),
        lossFnInputs: Object.fromEntries(Object.entries(lossFnInputs).map(([name, tensor]) => [name, toProtoTensor(tensor)])),
      })),
      lossFn,
      lossFnConfig,
      forwardOnly,
    }),
  );
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
