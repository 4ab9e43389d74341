import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import type { Route } from '../../api/route.js';
import { forward, forwardBackward } from '../../api/training.js';
import { isRecord } from '../../types/check.js';
import { EncodedTextChunk } from '../../types/chunks.js';
import { ModelInput, type EncodableDatum } from '../../types/data.js';
import type { SubmitResponse } from '../../types/futures.js';
import { TensorData } from '../../types/tensor.js';
import { product } from '../../types/tensor-values.js';
import { ForwardBackwardRequest, ForwardRequest, type PassInput } from '../../types/training.js';
import { decodePassRequest } from '../../wire/pass-request-proto.js';
import { HttpError } from '../http-error.js';

/** The request of a pass, whichever way it was written. Equal passes are equal here. */
export interface PassRequest {
  readonly modelId: string;
  readonly seqId: number | undefined;
  /** Whether the gradients are left alone. */
  readonly forwardOnly: boolean;
  readonly input: PassInput;
}

/** Stands for a body in protobuf among the bodies in JSON; none of those decodes to one. */
class ProtobufPass {
  readonly request: PassRequest;

  constructor(request: PassRequest) {
    this.request = request;
  }
}

/** A pass in either form (wire protocol §2.4, Appendix C); only protobuf can say here that the gradients are left alone. */
export const passRoute: Route<PassRequest, SubmitResponse> = {
  ...forwardBackward,
  request: passCodec(ForwardBackwardRequest, ({ forwardBackwardInput: input, modelId, seqId }) => canonical({ modelId, seqId, forwardOnly: false, input })),
};

/** A pass that leaves the gradients alone, in JSON (wire protocol, Appendix C). */
export const forwardPassRoute: Route<PassRequest, SubmitResponse> = {
  ...forward,
  request: passCodec(ForwardRequest, ({ forwardInput: input, modelId, seqId }) => canonical({ modelId, seqId, forwardOnly: true, input })),
};

/**
 * Reads a body in protobuf, for {@link passRoute} to take.
 * @throws HttpError 422 when it is not the message
 */
export function readProtobufPass(bytes: Uint8Array): { readonly protobuf: ProtobufPass } {
  const decoded = decodePassRequest(bytes);
  if (E.isLeft(decoded)) throw new HttpError(422, `The body is ${decoded.left.message}`);
  const { pass, modelId, seqId } = decoded.right;
  const { data, forwardOnly, lossFn, lossFnConfig } = pass;
  return { protobuf: new ProtobufPass(canonical({ modelId, seqId, forwardOnly, input: { data: data.map(detached), lossFn, lossFnConfig } })) };
}

function passCodec<Json>(json: t.Decoder<unknown, Json>, toPass: (request: Json) => PassRequest): t.Type<PassRequest, unknown> {
  return new t.Type(
    'Pass',
    (value): value is PassRequest => isRecord(value),
    (value, context) => {
      if (isRecord(value) && value['protobuf'] instanceof ProtobufPass) return t.success(value['protobuf'].request);
      return E.map(toPass)(json.validate(value, context));
    },
    (request) => request,
  );
}

const mostWrittenOut = 2 ** 26;

/** Says the same in one way: sparse tensors dense, and no settings absent. */
function canonical({ modelId, seqId, forwardOnly, input }: PassRequest): PassRequest {
  const { data, lossFn, lossFnConfig = {} } = input;
  let elements = 0;
  const dense = (tensor: TensorData): TensorData => {
    if (tensor.csr !== undefined) elements += product(tensor.shape);
    if (elements > mostWrittenOut) throw new HttpError(422, `loss_fn_inputs: the sparse tensors have more than ${mostWrittenOut} elements when written out; send fewer datums at a time.`);
    return tensor.toDense();
  };
  const datums = data.map((datum) => withTensors(datum, dense));
  return { modelId, seqId, forwardOnly, input: { data: datums, lossFn, ...(Object.keys(lossFnConfig).length === 0 ? {} : { lossFnConfig }) } };
}

/** Copies what looks into the body, which would stay in memory as a whole, and go to the engine as a whole. */
function detached(datum: EncodableDatum): EncodableDatum {
  const chunks = datum.modelInput.chunks.map((chunk) =>
    chunk.type === 'encoded_text' ? EncodedTextChunk.make({ tokens: chunk.tokens.slice() }) : chunk,
  );
  return withTensors({ ...datum, modelInput: new ModelInput(chunks) }, ({ data, shape, csr }) => new TensorData(data.slice(), shape, csr));
}

function withTensors(datum: EncodableDatum, change: (tensor: TensorData) => TensorData): EncodableDatum {
  const entries = Object.entries(datum.lossFnInputs).map(([name, tensor]) => [name, change(tensor)] as const);
  return { ...datum, lossFnInputs: Object.fromEntries(entries) };
}
