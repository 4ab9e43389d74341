import * as E from 'fp-ts/lib/Either.js';
import { saveWeightsForSampler } from '../api/checkpoints.js';
import { toJson } from '../api/http.js';
import { sendOf, singleWork, type Sender, type TrainingWork } from '../training/training-work.js';
import { SaveWeightsForSamplerRequest, SaveWeightsForSamplerResponse } from '../types/checkpoints.js';
import { decode } from '../types/decode.js';
import { show, TinkerError } from '../types/errors.js';
import { parseCheckpointPath, type SamplerCheckpointPath } from '../types/ids.js';

/** Saves weights to sample from under a name. */
export function saveForSamplerWork(
  sender: Sender,
  request: { readonly name: string; readonly ttlSeconds: number | undefined },
): TrainingWork<{ readonly path: SamplerCheckpointPath }> {
  const { name: path, ttlSeconds } = request;
  return saveWork(sender, { path, ttlSeconds }, (saved) => E.map((checked: SamplerCheckpointPath) => ({ path: checked }))(samplerPath(saved.path)));
}

/** Saves weights without a name, for a sampling session of their own. */
export function ephemeralSaveWork(sender: Sender, samplingSessionSeqId: number): TrainingWork<{ readonly samplingSessionId: string }> {
  return saveWork(sender, { samplingSessionSeqId }, ({ samplingSessionId }) =>
    samplingSessionId === undefined
      ? E.left(new TinkerError('malformedResponse', 'the server saved the weights without opening a sampling session'))
      : E.right({ samplingSessionId }),
  );
}

function saveWork<A>(
  sender: Sender,
  request: Pick<SaveWeightsForSamplerRequest, 'path' | 'ttlSeconds' | 'samplingSessionSeqId'>,
  read: (saved: SaveWeightsForSamplerResponse) => E.Either<TinkerError, A>,
): TrainingWork<A> {
  return singleWork(sender, 'SaveWeightsForSampler', {
    send: sendOf(saveWeightsForSampler.path, (seqId) =>
      toJson(SaveWeightsForSamplerRequest.encode(SaveWeightsForSamplerRequest.make({ ...request, modelId: sender.modelId, seqId }))),
    ),
    decode: (body) => E.chain(read)(decode(SaveWeightsForSamplerResponse, body)),
  });
}

const shortForm = /^tinker:\/\/([^/]+)\/([^/]+)$/;

/** The path of a sampler checkpoint; self-hosted servers leave its kind out, which the REST calls need. */
function samplerPath(given: string | undefined): E.Either<TinkerError, SamplerCheckpointPath> {
  const path = given?.replace(shortForm, 'tinker://$1/sampler_weights/$2');
  return path !== undefined && isSamplerPath(path)
    ? E.right(path)
    : E.left(new TinkerError('malformedResponse', `the server saved to ${show(given)}, which is not a sampler checkpoint`));
}

function isSamplerPath(path: string): path is SamplerCheckpointPath {
  const parsed = parseCheckpointPath(path);
  return E.isRight(parsed) && parsed.right.checkpointType === 'sampler';
}
