import * as E from 'fp-ts/lib/Either.js';
import type { PassSender } from './pass-work.js';
import { preparePass, type PassRequest } from './passes.js';
import { checkRetryConfig, type SamplingClientOptions } from '../sampling/sampling-options.js';
import { ephemeralSaveWork, saveForSamplerWork } from '../sampling/sampling-save.js';
import type { SavedState, SavedWeights, SaveForSamplerOptions, SaveStateOptions, LoadStateOptions } from './training-options.js';
import type { TrainingOrder } from './training-calls.js';
import { checkFlag, orThrow } from '../calls/check-options.js';
import { checkAdamParams, type AdamSettings } from './training-input.js';
import { loadStateWork, optimStepWork, saveStateWork } from './training-work.js';
import type { LoadWeightsResponse } from '../types/checkpoints.js';
import { toTinkerError } from '../types/errors.js';
import { checkCheckpointName, checkTtlSeconds, parseTrainingPath, type SamplerCheckpointPath, type TrainingCheckpointPath } from '../types/ids.js';
import type { ForwardBackwardOutput, OptimStepResponse } from '../types/training.js';
import type { WaitOptions } from '../calls/wait.js';

/** A pass over data. */
export function passOrder(sender: PassSender, request: PassRequest, options: WaitOptions): TrainingOrder<ForwardBackwardOutput, ForwardBackwardOutput> {
  return { kind: request.forwardOnly ? 'forward' : 'forwardBackward', options, prepare: () => preparePass(sender, request), finish: E.right };
}

/** An optimizer step. */
export function optimStepOrder(sender: PassSender, adamParams: AdamSettings, options: WaitOptions): TrainingOrder<OptimStepResponse, OptimStepResponse> {
  return { kind: 'optimStep', options, prepare: () => optimStepWork(sender, checkAdamParams(adamParams)), finish: E.right };
}

/** A save to resume from. */
export function saveStateOrder(
  sender: PassSender,
  name: string,
  options: SaveStateOptions,
  onSaved: (saved: SavedState) => void,
): TrainingOrder<{ readonly path: TrainingCheckpointPath }, SavedState> {
  return {
    kind: 'saveState',
    options,
    prepare: () => {
      const ttlSeconds = orThrow(checkTtlSeconds(options.ttlSeconds));
      const overwrite = checkFlag('overwrite', options.overwrite, false);
      const request = { name: orThrow(checkCheckpointName(name)), ttlSeconds, overwrite };
      return saveStateWork(sender, () => request);
    },
    finish: ({ path }, { seqId, optimStepsBefore }) => {
      const saved = { path, seqId, optimStepsBefore };
      onSaved(saved);
      return E.right(saved);
    },
  };
}

/** A save to sample from, under a name. */
export function saveForSamplerOrder(
  sender: PassSender,
  name: string,
  options: SaveForSamplerOptions,
  onSaved: (saved: SavedWeights) => void,
): TrainingOrder<{ readonly path: SamplerCheckpointPath }, SavedWeights> {
  return {
    kind: 'saveWeightsForSampler',
    options,
    prepare: () => {
      const ttlSeconds = orThrow(checkTtlSeconds(options.ttlSeconds));
      return saveForSamplerWork(sender, { name: orThrow(checkCheckpointName(name)), ttlSeconds });
    },
    finish: ({ path }, { seqId, optimStepsBefore }) => {
      const saved = { path, seqId, optimStepsBefore };
      onSaved(saved);
      return E.right(saved);
    },
  };
}

/** A save that opens a sampling session. `nextSamplingSessionSeqId` is asked once: a re-send is the same request. */
export function ephemeralSaveOrder<A>(
  sender: PassSender,
  options: SamplingClientOptions,
  nextSamplingSessionSeqId: () => number,
  open: (samplingSessionId: string) => A,
): TrainingOrder<{ readonly samplingSessionId: string }, A> {
  return {
    kind: 'saveWeightsAndGetSamplingClient',
    options,
    prepare: () => {
      checkRetryConfig(options.retryConfig);
      return ephemeralSaveWork(sender, nextSamplingSessionSeqId());
    },
    finish: ({ samplingSessionId }) => E.tryCatch(() => open(samplingSessionId), (thrown) => toTinkerError(thrown)),
  };
}

/** The one way to load: both calls differ in the flag only. */
export function loadStateOrder(
  sender: PassSender,
  path: string,
  optimizer: boolean,
  options: LoadStateOptions,
): TrainingOrder<LoadWeightsResponse, LoadWeightsResponse> {
  return {
    kind: 'loadState',
    options,
    prepare: () => loadStateWork(sender, { path: orThrow(parseTrainingPath(path)).path, optimizer, weightsAccessToken: options.weightsAccessToken }),
    finish: E.right,
    optimizer,
  };
}
