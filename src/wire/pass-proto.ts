import type { EncodableDatum } from '../types/data.js';
import { invalid } from '../types/errors.js';
import { chunkFields } from './chunk-proto.js';
import type { Pass } from './pass-body.js';
import { double, message, nothing, text, toBytes, varint, type Fields } from './proto-fields.js';
import { tensorFields } from './tensor-proto.js';

/** What bodies in protobuf are declared as. */
export const protobufType = 'application/x-protobuf';

const mostSeqId = 2 ** 31 - 1;

/**
 * The body of a pass (wire protocol §5.3).
 * @throws TinkerError `validation` on a number beyond 32 bits; any error on an image asset pointer
 */
export function encodePassRequest(pass: Pass, modelId: string, seqId: number): Uint8Array<ArrayBuffer> {
  const { data, lossFn, lossFnConfig = {}, forwardOnly } = pass;
  if (!Number.isInteger(seqId) || seqId < 1 || seqId > mostSeqId) throw invalid('seqId', seqId, `a whole number from 1 to ${mostSeqId}`);
  return toBytes([
    text(1, modelId),
    varint(2, seqId),
    ...data.map((datum) => message(3, datumFields(datum))),
    text(4, lossFn),
    ...Object.entries(lossFnConfig).map(([name, value]) => message(5, [text(1, name), double(2, value)])),
    forwardOnly ? varint(6, 1) : nothing,
  ]);
}

function datumFields({ modelInput, lossFnInputs }: EncodableDatum): readonly Fields[] {
  return [
    ...modelInput.chunks.map((chunk) => message(1, [chunkFields(chunk)])),
    ...Object.entries(lossFnInputs).map(([name, tensor]) => message(2, [text(1, name), message(2, tensorFields(tensor))])),
  ];
}
