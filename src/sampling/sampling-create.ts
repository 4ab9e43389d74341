import * as E from 'fp-ts/lib/Either.js';
import { createSamplingSession } from '../api/sampling.js';
import type { Runtime } from '../service/runtime.js';
import { SamplingClient } from '../sampling-client.js';
import { checkRetryConfig, type CreateSamplingClientOptions } from './sampling-options.js';
import { invalid, invalidPhrase } from '../types/errors.js';
import { parseCheckpointPath } from '../types/ids.js';
import { CreateSamplingSessionRequest } from '../types/sampling.js';
import { checkWait } from '../calls/wait.js';

/**
 * Opens a sampling session and makes its client.
 * @throws TinkerError `validation` before anything is sent
 */
export async function createSamplingClient(runtime: Runtime, options: CreateSamplingClientOptions): Promise<SamplingClient> {
  checkWait(options, 'createSamplingClient');
  const { modelPath, baseModel } = checkModel(options);
  const retry = checkRetryConfig(options.retryConfig);
  const create = async () => {
    const { sessionId } = await runtime.session();
    const samplingSessionSeqId = runtime.counters.nextSamplingSessionSeqId();
    const request = CreateSamplingSessionRequest.make({ sessionId, samplingSessionSeqId, baseModel, modelPath });
    const { samplingSessionId } = await runtime.request('createSamplingSession', createSamplingSession, request);
    return new SamplingClient(runtime, samplingSessionId, retry);
  };
  return runtime.within('createSamplingClient', options, create, (late) => late.close());
}

const pathShape = 'a sampler checkpoint such as tinker://RUN/sampler_weights/NAME';

function checkModel({ modelPath, baseModel }: CreateSamplingClientOptions): Pick<CreateSamplingClientOptions, 'modelPath' | 'baseModel'> {
  if (modelPath === undefined && baseModel === undefined) throw invalidPhrase('modelPath', 'neither modelPath nor baseModel', 'one of them');
  if (baseModel !== undefined && (typeof baseModel !== 'string' || baseModel === '')) throw invalid('baseModel', baseModel, 'the name of a base model');
  if (modelPath !== undefined && (typeof modelPath !== 'string' || !modelPath.startsWith('tinker://'))) throw invalid('modelPath', modelPath, pathShape);
  const parsed = parseCheckpointPath(modelPath);
  if (E.isRight(parsed) && parsed.right.checkpointType === 'training') {
    throw invalid('modelPath', modelPath, `${pathShape}. A training checkpoint cannot be sampled from: save the weights with saveWeightsForSampler`);
  }
  return { modelPath, baseModel };
}
