import * as E from 'fp-ts/lib/Either.js';
import { loadWeights, saveWeights } from './api/checkpoints.js';
import { readJson, toJson, type Http } from './api/http.js';
import { post, type Route } from './api/route.js';
import { optimStep } from './api/training.js';
import type { Work } from './machines/work.js';
import { checkSecret, isTrainingPath } from './training-input.js';
import type { EncodedBody } from './types/attempt.js';
import { LoadWeightsRequest, LoadWeightsResponse, SaveWeightsRequest, SaveWeightsResponse } from './types/checkpoints.js';
import { decode } from './types/decode.js';
import { TinkerError } from './types/errors.js';
import { SubmitResponse, type RequestType } from './types/futures.js';
import type { TrainingCheckpointPath } from './types/ids.js';
import { OptimStepRequest, OptimStepResponse, type AdamParams, type ForwardBackwardOutput } from './types/training.js';
import type { Chunk } from './wire/chunking.js';
import { combineOutputs } from './wire/combine.js';
import type { Pass, PassDialect } from './wire/pass-body.js';

/** A training operation's requests, and the result once all of them have theirs. */
export interface TrainingWork<A> {
  readonly work: Work;
  readonly bytes: number;
  readonly parts: number;
  readonly result: () => E.Either<TinkerError, A>;
}

/** What a request of a training operation is made of. */
export interface Sender {
  readonly http: Http;
  readonly modelId: string;
  readonly newIdempotencyKey: () => string;
}

/** One request of an operation. */
interface Part<P> {
  readonly path: Route<never, SubmitResponse>['path'];
  readonly encode: (seqId: number) => EncodedBody;
  readonly decode: (body: unknown) => E.Either<TinkerError, P>;
}

/** Applies the gathered gradients. */
export function optimStepWork(sender: Sender, adamParams: AdamParams): TrainingWork<OptimStepResponse> {
  return singleWork(sender, 'OptimStep', {
    path: optimStep.path,
    encode: (seqId) => toJson(OptimStepRequest.encode(OptimStepRequest.make({ adamParams, modelId: sender.modelId, seqId }))),
    decode: (body) => decode(OptimStepResponse, body),
  });
}

/** Saves weights and optimizer state under a name. */
export function saveStateWork(
  sender: Sender,
  request: { readonly name: string; readonly ttlSeconds: number | undefined; readonly overwrite: boolean },
): TrainingWork<{ readonly path: TrainingCheckpointPath }> {
  const { name, ttlSeconds, overwrite } = request;
  return singleWork(sender, 'SaveWeights', {
    path: saveWeights.path,
    encode: (seqId) =>
      toJson(SaveWeightsRequest.encode(SaveWeightsRequest.make({ modelId: sender.modelId, path: name, seqId, ttlSeconds, overwrite }))),
    decode: (body) => E.chain(savedPath)(decode(SaveWeightsResponse, body)),
  });
}

function savedPath({ path }: SaveWeightsResponse): E.Either<TinkerError, { readonly path: TrainingCheckpointPath }> {
  return isTrainingPath(path)
    ? E.right({ path })
    : E.left(new TinkerError('malformedResponse', `the server saved to ${path}, which is not a training checkpoint`));
}

/**
 * Loads a checkpoint into the model, with or without the optimizer's state.
 * @throws TinkerError `validation` on a token that is none
 */
export function loadStateWork(
  sender: Sender,
  request: { readonly path: string; readonly optimizer: boolean; readonly weightsAccessToken: string | undefined },
): TrainingWork<LoadWeightsResponse> {
  checkSecret('weightsAccessToken', request.weightsAccessToken);
  return singleWork(sender, 'LoadWeights', {
    path: loadWeights.path,
    encode: (seqId) => toJson(LoadWeightsRequest.encode(LoadWeightsRequest.make({ ...request, modelId: sender.modelId, seqId }))),
    decode: (body) => decode(LoadWeightsResponse, body),
  });
}

/** A pass over data, in as many requests as the limits ask for. */
export function passWork(
  sender: Sender,
  dialect: PassDialect,
  pass: Pass,
  chunks: readonly Chunk[],
): TrainingWork<ForwardBackwardOutput> {
  const parts = chunks.map((chunk): Part<ForwardBackwardOutput> => ({
    path: dialect.path(pass),
    encode: (seqId) => dialect.encode({ ...pass, data: chunk.data }, sender.modelId, seqId),
    decode: dialect.decode,
  }));
  const { work, results } = partsWork(sender, pass.forwardOnly ? 'Forward' : 'ForwardBackward', parts);
  return {
    work,
    bytes: chunks.reduce((sum, chunk) => sum + chunk.bytes, 0),
    parts: parts.length,
    result: joinedResult(results, parts.length),
  };
}

/** Made apart from the pass, so that what is kept until the result is read does not hold the data. */
function joinedResult(results: ReadonlyMap<number, ForwardBackwardOutput>, parts: number): TrainingWork<ForwardBackwardOutput>['result'] {
  return () => {
    const outputs = Array.from({ length: parts }, (_, part) => results.get(part) ?? []).flat();
    return outputs.length === parts ? combineOutputs(outputs) : E.left(noResult(`${parts - outputs.length} of its ${parts} requests`));
  };
}

function noResult(what: string): TinkerError {
  return new TinkerError('malformedResponse', `there is no result of ${what}`);
}

const smallRequestBytes = 200;

function singleWork<A>(sender: Sender, requestType: RequestType, part: Part<A>): TrainingWork<A> {
  const { work, results } = partsWork(sender, requestType, [part]);
  return {
    work,
    bytes: smallRequestBytes,
    parts: 1,
    result: () => E.fromNullable(noResult('the operation'))(results.get(0)),
  };
}

function partsWork<P>(sender: Sender, requestType: RequestType, parts: readonly Part<P>[]) {
  const results = new Map<number, P>();
  const bodies = new Map<number, EncodedBody>();
  const keys = parts.map(() => sender.newIdempotencyKey());
  // Apart from the rest of the parts, so that their data can go while results are still awaited.
  const decoders = parts.map((part) => part.decode);
  let open = parts;
  const work: Work = {
    requestType,
    send: async ({ part: index, seqId = 0, retryCount, signal }) => {
      const part = open[index];
      const idempotencyKey = keys[index];
      if (part === undefined || idempotencyKey === undefined) throw new Error(`part ${index} was accepted before`);
      // Encoded once: a re-send is the same bytes under the same number.
      const body = bodies.get(index) ?? part.encode(seqId);
      bodies.set(index, body);
      const route = post(part.path, SubmitResponse, SubmitResponse);
      const reply = await sender.http.send(route, body, { retryCount, idempotencyKey, signal })();
      if (E.isLeft(reply)) return reply;
      return E.map((accepted: SubmitResponse) => accepted.requestId)(readJson(route, reply.right));
    },
    receive: (index, body) => {
      const decoded = decoders[index]?.(body) ?? E.left(new TinkerError('malformedResponse', `there is no part ${index}`));
      return E.map((value: P) => { results.set(index, value); })(decoded);
    },
    releaseBodies: () => {
      bodies.clear();
      open = [];
    },
  };
  return { work, results };
}
