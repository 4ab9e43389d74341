import * as E from 'fp-ts/lib/Either.js';
import { readJson, type Http } from '../api/http.js';
import { asample } from '../api/sampling.js';
import type { Work } from '../machines/work.js';
import type { CheckedSample } from './sampling-input.js';
import type { EncodedBody } from '../types/attempt.js';
import { decode } from '../types/decode.js';
import type { SubmitResponse } from '../types/futures.js';
import { SampleRequest, SampleResponse } from '../types/sampling.js';
import { writeJsonLossless } from '../wire/json-bigint.js';
import { decodeSampleResponse } from '../wire/sample-proto.js';

/** The requests of a call, one per number, and where its result goes. */
export function sampleWork(
  http: Http,
  samplingSessionId: string,
  sample: CheckedSample,
  newIdempotencyKey: () => string,
  keep: (response: SampleResponse) => void,
): Work {
  let made: { readonly seqId: number | undefined; readonly body: EncodedBody; readonly idempotencyKey: string } | undefined;
  const bodyOf = (seqId: number | undefined) => {
    // Encoded once: a re-send is the same bytes under the same number.
    if (made === undefined || made.seqId !== seqId) {
      const content = writeJsonLossless(SampleRequest.encode(SampleRequest.make({ samplingSessionId, seqId, ...sample })));
      made = { seqId, body: { content, contentType: 'application/json' }, idempotencyKey: newIdempotencyKey() };
    }
    return made;
  };
  return {
    requestType: 'Sample',
    send: async ({ seqId, retryCount, signal, headers, onWritten }) => {
      const { body, idempotencyKey } = bodyOf(seqId);
      onWritten?.();
      const all = headers === undefined ? ownHeaders : { ...headers, ...ownHeaders };
      const reply = await http.send(asample, body, { retryCount, idempotencyKey, headers: all, signal })();
      if (E.isLeft(reply)) return reply;
      return E.map((accepted: SubmitResponse) => accepted.requestId)(readJson(asample, reply.right));
    },
    receive: (_, body) => E.map(keep)(body instanceof Uint8Array ? decodeSampleResponse(body) : decode(SampleResponse, body)),
    releaseBodies: () => {
      made = undefined;
    },
  };
}

// Says that 429 is understood as back-pressure (wire protocol §1.4).
const ownHeaders = { 'x-tinker-sampling-backpressure': '1' };
