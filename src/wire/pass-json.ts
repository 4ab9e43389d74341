import type { EncodableDatum } from '../types/data.js';
import { invalid } from '../types/errors.js';
import { elementName, type TensorValues } from '../types/tensor-values.js';
import { ForwardBackwardRequest, ForwardRequest } from '../types/training.js';
import type { Pass, PassDialect } from './pass-body.js';
import { writeJsonData } from './pass-json-writer.js';

/** The JSON dialect of passes (wire protocol, Appendix C). */
export const jsonPass: PassDialect = {
  path: ({ forwardOnly }) => (forwardOnly ? '/api/v1/forward' : '/api/v1/forward_backward'),
  write: function* ({ data, lossFn, lossFnConfig, forwardOnly }, modelId, seqId) {
    const input = { data: [], lossFn, ...(lossFnConfig === undefined ? {} : { lossFnConfig }) };
    const wire = forwardOnly
      ? ForwardRequest.encode({ forwardInput: input, modelId, seqId })
      : ForwardBackwardRequest.encode({ forwardBackwardInput: input, modelId, seqId });
    return { content: yield* writeJsonData(JSON.stringify(wire), data), contentType: 'application/json' };
  },
};

/**
 * Refuses what JSON cannot carry.
 * @throws TinkerError `validation` naming the datum and the element
 */
export function checkJsonPass({ data }: Pass): void {
  data.forEach(checkNumbers);
}

function checkNumbers({ lossFnInputs }: EncodableDatum, index: number): void {
  for (const [name, tensor] of Object.entries(lossFnInputs)) {
    const { data, shape } = tensor.toDense();
    const wrong = firstUnfit(data);
    if (wrong === -1) continue;
    const allowed = data instanceof BigInt64Array ? 'a whole number within ±(2^53 - 1), beyond which JSON rounds' : 'a finite number';
    throw invalid(`data[${index}].lossFnInputs.${name}${elementName(shape, wrong)}`, data[wrong], allowed);
  }
}

/** JSON writes NaN and the infinities as null, and every reader of it rounds what doubles do not hold. */
function firstUnfit(data: TensorValues): number {
  if (data instanceof BigInt64Array) return data.findIndex((value) => !Number.isSafeInteger(Number(value)));
  // By index: `findIndex` takes ten times as long, and the caller waits for this.
  for (let i = 0; i < data.length; i += 1) if (!Number.isFinite(data[i])) return i;
  return -1;
}
