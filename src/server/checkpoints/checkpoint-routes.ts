import { loadWeights, saveWeights, weightsInfo } from '../../api/checkpoints.js';
import { LoadWeightsResponse, SaveWeightsResponse, WeightsInfoResponse, type LoadWeightsRequest } from '../../types/checkpoints.js';
import { checkCheckpointName, checkTtlSeconds, parseCheckpointPath, parseTrainingPath, type ParsedCheckpointPath } from '../../types/ids.js';
import { saveCheckpoint } from './checkpoint-saving.js';
import type { LoadResult } from '../engine/engine.js';
import { userError } from '../engine/engine-error.js';
import { fingerprint } from '../fingerprint.js';
import { jsonResult, type FutureResult } from '../futures/future-result.js';
import { HttpError } from '../http-error.js';
import type { LocalApi } from '../local-api.js';
import { openModel, requireRun } from '../training/model-routes.js';
import { orNotFound, orRefuse } from '../refusals.js';
import { answer, type ServerApp } from '../routing.js';
import { checkSeqId, keepAlive } from '../training/training-routes.js';

/** Saving, loading and describing checkpoints (wire protocol §2.5, §9.5). */
export function addCheckpointRoutes(app: ServerApp, api: LocalApi): void {
  answer(app, saveWeights, (request) => {
    const run = requireRun(api, request.modelId);
    checkSeqId(request.seqId);
    const name = orRefuse(checkCheckpointName(request.path ?? `checkpoint-${request.seqId ?? api.clock.now()}`));
    orRefuse(checkTtlSeconds(request.ttlSeconds));
    keepAlive(api, run.record.sessionId);
    const work = async (): Promise<FutureResult> => {
      const { modelId, ttlSeconds, overwrite } = request;
      const path = await saveCheckpoint(api, { modelId, name, kind: 'weights', ttlSeconds, overwrite });
      return jsonResult(SaveWeightsResponse.encode({ path }));
    };
    const order = { kind: 'save_weights', seqId: request.seqId, fingerprint: fingerprint(request), work } as const;
    return { requestId: api.operations.submit(run, order) };
  });

  answer(app, loadWeights, async (request) => {
    const parsed = orRefuse(parseTrainingPath(request.path));
    return { requestId: request.modelId === undefined ? await createByLoading(api, request, parsed) : loadInto(api, request, request.modelId, parsed) };
  });

  answer(app, weightsInfo, async ({ tinkerPath }) => {
    const parsed = orRefuse(parseCheckpointPath(tinkerPath, 'tinker_path'));
    const { manifest } = await orNotFound(api.checkpoints.require(parsed));
    const { rank: loraRank, trainUnembed, trainMlp, trainAttn } = manifest.lora;
    return WeightsInfoResponse.make({ baseModel: manifest.baseModel, isLora: true, loraRank, trainUnembed, trainMlp, trainAttn });
  });
}

function loadInto(api: LocalApi, request: LoadWeightsRequest, modelId: string, parsed: ParsedCheckpointPath): string {
  if (request.sessionId !== undefined || request.modelSeqId !== undefined) {
    throw new HttpError(400, 'model_id: give either model_id (and seq_id), or session_id and model_seq_id, not both.');
  }
  const run = requireRun(api, modelId);
  checkSeqId(request.seqId);
  if (api.options.strict && request.seqId !== 1) {
    throw new HttpError(400, `LoadWeights is not permitted with seq_id ${request.seqId ?? 'missing'}: it must be the model's first request.`);
  }
  keepAlive(api, run.record.sessionId);
  const work = async (): Promise<FutureResult> => {
    const { directory } = await api.checkpoints.require(parsed);
    const { timings } = await api.engine.loadCheckpoint(modelId, directory, { optimizer: request.optimizer });
    await noteLoad(api, modelId, request.path, timings);
    return jsonResult(LoadWeightsResponse.encode({ path: request.path, modelId }));
  };
  return api.operations.submit(run, { kind: 'load_weights', seqId: request.seqId, fingerprint: fingerprint(request), work });
}

async function createByLoading(api: LocalApi, request: LoadWeightsRequest, parsed: ParsedCheckpointPath): Promise<string> {
  const { sessionId, modelSeqId, userMetadata, seqId, optimizer } = request;
  if (sessionId === undefined || modelSeqId === undefined || seqId !== undefined) {
    throw new HttpError(400, 'model_id: missing; give model_id and seq_id, or, to create a model, session_id and model_seq_id without seq_id.');
  }
  return await openModel(api, { sessionId, modelSeqId, userMetadata }, fingerprint(request), 'load_weights', async (run) => {
    const { directory, manifest } = await api.checkpoints.require(parsed);
    const { baseModel } = manifest;
    if (request.baseModel !== undefined && request.baseModel !== baseModel) {
      throw userError(`base_model: ${request.path} was trained on ${baseModel}, which is not compatible with ${request.baseModel}`);
    }
    const { rank, seed, trainAttn, trainMlp, trainUnembed } = manifest.lora;
    const lora = { rank, seed, trainAttn, trainMlp, trainUnembed };
    const { modelId } = run.record;
    await api.engine.createModel(modelId, { baseModel, lora });
    try {
      const { timings } = await api.engine.loadCheckpoint(modelId, directory, { optimizer });
      await noteLoad(api, modelId, request.path, timings);
    } catch (thrown) {
      await api.engine.unloadModel(modelId);
      throw thrown;
    }
    await api.runs.update(run, { baseModel, lora });
    return jsonResult(LoadWeightsResponse.encode({ path: request.path, modelId }));
  });
}

async function noteLoad({ ledger, audit }: LocalApi, modelId: string, path: string, timings: LoadResult['timings']): Promise<void> {
  ledger.checkpointed({ modelId, kind: 'load', path, timings: { ...timings } });
  await audit.record('checkpoint.loaded', { modelId, tinkerPath: path, purpose: 'training' });
}
