import * as E from 'fp-ts/lib/Either.js';
import { loadWeights, saveWeights } from '../api/checkpoints.js';
import { readJson, toJson, type Http } from '../api/http.js';
import { post, type Route } from '../api/route.js';
import { optimStep } from '../api/training.js';
import type { Wait, Work } from '../machines/work.js';
import { checkSecret } from '../calls/check-options.js';
import { isTrainingPath } from './training-input.js';
import type { AttemptFailure, EncodedBody } from '../types/attempt.js';
import { LoadWeightsRequest, LoadWeightsResponse, SaveWeightsRequest, SaveWeightsResponse } from '../types/checkpoints.js';
import { decode } from '../types/decode.js';
import { TinkerError } from '../types/errors.js';
import { SubmitResponse, type RequestType } from '../types/futures.js';
import type { TrainingCheckpointPath } from '../types/ids.js';
import { OptimStepRequest, OptimStepResponse, type AdamParams } from '../types/training.js';
import type { StopSignal } from '../types/stop.js';
import type { MatchesPart } from './earlier-calls.js';
import type { TrainingJournal } from './training-journal.js';

/** A training operation's requests, and the result once all of them have theirs. */
export interface TrainingWork<A> {
  readonly work: Work;
  readonly bytes: number;
  readonly parts: number;
  readonly result: () => E.Either<TinkerError, A>;
  /** Whether a part has a certain body under a number; absent where nobody asks. */
  readonly matches?: MatchesPart;
}

/** What a request of a training operation is made of. */
export interface Sender {
  readonly http: Http;
  readonly modelId: string;
  readonly newIdempotencyKey: () => string;
  /** Absent where none is kept. */
  readonly journal?: TrainingJournal | undefined;
}

/** Sends a body once, for the request id. */
export type Transmit = (path: Route<never, SubmitResponse>['path'], body: EncodedBody) => Promise<E.Either<AttemptFailure, string>>;

/** One request of an operation. */
export interface Part<P> {
  /** What it has to wait for before it can be sent; undefined when it can go now. Absent where nothing is waited for. */
  readonly waits?: () => Wait | undefined;
  /** Sends it once; under the same number that is the same bytes each time. */
  readonly send: (seqId: number, transmit: Transmit, signal: StopSignal) => ReturnType<Transmit>;
  readonly decode: (body: unknown) => E.Either<TinkerError, P>;
  /** Whether it has a certain body under a number, going to a certain path; it is sent like that then. */
  readonly matches?: (seqId: number, path: string, fits: (body: EncodedBody) => boolean) => boolean;
}

/** Applies the gathered gradients. */
export function optimStepWork(sender: Sender, adamParams: AdamParams): TrainingWork<OptimStepResponse> {
  return singleWork(sender, 'OptimStep', {
    send: sendOf(optimStep.path, (seqId) =>
      toJson(OptimStepRequest.encode(OptimStepRequest.make({ adamParams, modelId: sender.modelId, seqId }))),
    ),
    decode: (body) => decode(OptimStepResponse, body),
  });
}

/** What a save asks for. */
export interface SaveRequest {
  readonly name: string;
  readonly ttlSeconds: number | undefined;
  readonly overwrite: boolean;
}

/**
 * Saves weights and optimizer state under a name.
 * @param request asked once, when the save is sent for the first time: only then it is certain what it holds
 */
export function saveStateWork(sender: Sender, request: () => SaveRequest): TrainingWork<{ readonly path: TrainingCheckpointPath }> {
  return singleWork(sender, 'SaveWeights', {
    send: sendOf(saveWeights.path, (seqId) => {
      const { name, ttlSeconds, overwrite } = request();
      return toJson(SaveWeightsRequest.encode(SaveWeightsRequest.make({ modelId: sender.modelId, path: name, seqId, ttlSeconds, overwrite })));
    }),
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
    send: sendOf(loadWeights.path, (seqId) =>
      toJson(LoadWeightsRequest.encode(LoadWeightsRequest.make({ ...request, modelId: sender.modelId, seqId }))),
    ),
    decode: (body) => decode(LoadWeightsResponse, body),
  });
}

/** There is no result, although the operation has ended. */
export function noResult(what: string): TinkerError {
  return new TinkerError('malformedResponse', `there is no result of ${what}`);
}

/** Writes a body when it is first sent, and sends that again. */
export function sendOf(path: Parameters<Transmit>[0], encode: (seqId: number) => EncodedBody): Part<never>['send'] {
  let body: EncodedBody | undefined;
  return (seqId, transmit) => transmit(path, (body ??= encode(seqId)));
}

const smallRequestBytes = 200;

/** The work of an operation of one request. */
export function singleWork<A>(sender: Sender, requestType: RequestType, part: Part<A>): TrainingWork<A> {
  const { work, results, matches } = partsWork(sender, requestType, [part]);
  return {
    work,
    matches,
    bytes: smallRequestBytes,
    parts: 1,
    result: () => resultOf(results.get(0)),
  };
}

function resultOf<A>(result: A | undefined): E.Either<TinkerError, A> {
  return result === undefined ? E.left(noResult('the operation')) : E.right(result);
}

/** The requests of an operation, and where their results gather. */
export function partsWork<P>(
  sender: Sender,
  requestType: RequestType,
  parts: readonly Part<P>[],
): { readonly work: Work; readonly results: ReadonlyMap<number, P>; readonly matches: MatchesPart } {
  const results = new Map<number, P>();
  const keys = parts.map(() => sender.newIdempotencyKey());
  // Apart from the rest of the parts, so that their data can go while results are still awaited.
  const decoders = parts.map((part) => part.decode);
  let open = parts;
  const work: Work = {
    requestType,
    waits: (index) => open[index]?.waits?.(),
    send: async ({ part: index, seqId = 0, retryCount, signal, headers, onWritten }) => {
      const part = open[index];
      const idempotencyKey = keys[index];
      if (part === undefined || idempotencyKey === undefined) throw new Error(`part ${index} was accepted before`);
      const transmit: Transmit = async (path, body) => {
        const route = post(path, SubmitResponse, SubmitResponse);
        const once = async (key: string): Promise<E.Either<AttemptFailure, string>> => {
          onWritten?.();
          const reply = await sender.http.send(route, body, { retryCount, idempotencyKey: key, headers, signal })();
          if (E.isLeft(reply)) return reply;
          return E.map((accepted: SubmitResponse) => accepted.requestId)(readJson(route, reply.right));
        };
        const { journal } = sender;
        return journal === undefined ? once(idempotencyKey) : journal.send({ seqId, path, requestType, body, idempotencyKey }, once);
      };
      return part.send(seqId, transmit, signal);
    },
    receive: (index, body) => {
      const decoded = decoders[index]?.(body) ?? E.left(new TinkerError('malformedResponse', `there is no part ${index}`));
      return E.map((value: P) => { results.set(index, value); })(decoded);
    },
    releaseBodies: () => {
      open = [];
    },
  };
  return { work, results, matches: (index, seqId, path, fits) => open[index]?.matches?.(seqId, path, fits) === true };
}
