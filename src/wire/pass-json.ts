import { decode } from '../types/decode.js';
import type { EncodableDatum } from '../types/data.js';
import { invalid } from '../types/errors.js';
import { ForwardBackwardOutput, ForwardBackwardRequest, ForwardRequest } from '../types/training.js';
import type { PassDialect } from './pass-body.js';

/** The JSON dialect of passes (wire protocol, Appendix C). */
export const jsonPass: PassDialect = {
  check: ({ data }) => data.forEach(checkFinite),
  path: ({ forwardOnly }) => (forwardOnly ? '/api/v1/forward' : '/api/v1/forward_backward'),
  encode: ({ data, lossFn, lossFnConfig, forwardOnly }, modelId, seqId) => {
    const input = { data, lossFn, ...(lossFnConfig === undefined ? {} : { lossFnConfig }) };
    const wire = forwardOnly
      ? ForwardRequest.encode({ forwardInput: input, modelId, seqId })
      : ForwardBackwardRequest.encode({ forwardBackwardInput: input, modelId, seqId });
    return { content: JSON.stringify(wire), contentType: 'application/json' };
  },
  decode: (body) => decode(ForwardBackwardOutput, body),
};

/** JSON has no way to write NaN or an infinity; they would silently become null. */
function checkFinite(datum: EncodableDatum, index: number): void {
  for (const [name, tensor] of Object.entries(datum.lossFnInputs)) {
    if (!(tensor.data instanceof Float32Array)) continue;
    const wrong = tensor.data.findIndex((value) => !Number.isFinite(value));
    if (wrong !== -1) throw invalid(`data[${index}].lossFnInputs.${name}[${wrong}]`, tensor.data[wrong], 'a finite number');
  }
}
