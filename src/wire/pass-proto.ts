import type { EncodableDatum } from '../types/data.js';
import { invalid } from '../types/errors.js';
import { writeChunk } from './chunk-proto.js';
import type { Pass } from './pass-body.js';
import { ProtoWriter } from './proto-writer.js';
import { atOnce, type Steps } from './steps.js';
import { writeTensor } from './tensor-proto.js';

/** What bodies in protobuf are declared as. */
export const protobufType = 'application/x-protobuf';

const mostSeqId = 2 ** 31 - 1;

const datumsEachStep = 128;

/** The body of a pass, at once; see `writePassRequest`. */
export function encodePassRequest(pass: Pass, modelId: string, seqId: number): Uint8Array<ArrayBuffer> {
  return atOnce(writePassRequest(pass, modelId, seqId));
}

/**
 * The body of a pass (wire protocol §5.3).
 * @throws TinkerError `validation` on a number beyond 32 bits; any error on an image asset pointer
 */
export function* writePassRequest(pass: Pass, modelId: string, seqId: number): Steps<Uint8Array<ArrayBuffer>> {
  const { data, lossFn, lossFnConfig = {}, forwardOnly } = pass;
  if (!Number.isInteger(seqId) || seqId < 1 || seqId > mostSeqId) throw invalid('seqId', seqId, `a whole number from 1 to ${mostSeqId}`);
  const out = new ProtoWriter();
  out.text(1, modelId);
  out.varint(2, seqId);
  for (const [index, datum] of data.entries()) {
    out.message(3, () => writeDatum(out, datum));
    if (index % datumsEachStep === datumsEachStep - 1) yield;
  }
  out.text(4, lossFn);
  for (const [name, value] of Object.entries(lossFnConfig)) {
    out.message(5, () => {
      out.text(1, name);
      out.double(2, value);
    });
  }
  if (forwardOnly) out.varint(6, 1);
  return yield* out.finishing();
}

function writeDatum(out: ProtoWriter, { modelInput, lossFnInputs }: EncodableDatum): void {
  for (const chunk of modelInput.chunks) out.message(1, () => writeChunk(out, chunk));
  for (const [name, tensor] of Object.entries(lossFnInputs)) {
    out.message(2, () => {
      out.text(1, name);
      out.message(2, () => writeTensor(out, tensor));
    });
  }
}
