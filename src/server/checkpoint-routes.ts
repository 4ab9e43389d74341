import * as E from 'fp-ts/lib/Either.js';
import { loadWeights, saveWeights, weightsInfo } from '../api/checkpoints.js';
import { LoadWeightsResponse, SaveWeightsResponse, WeightsInfoResponse, type LoadWeightsRequest, type SaveWeightsRequest } from '../types/checkpoints.js';
import type { TinkerError } from '../types/errors.js';
import { checkCheckpointName, checkTtlSeconds, parseTrainingPath, type ParsedCheckpointPath } from '../types/ids.js';
import { isoTime } from './clock.js';
import { EngineError, userError } from './engine/engine-error.js';
import { fingerprint } from './fingerprint.js';
import { jsonResult, type FutureResult } from './future-result.js';
import { HttpError } from './http-error.js';
import type { LocalApi } from './local-api.js';
import { openModel, requireRun } from './model-routes.js';
import { answer, type ServerApp } from './routing.js';
import { checkSeqId, keepAlive } from './training-routes.js';

/** Saving, loading and describing checkpoints (wire protocol §2.5, §9.5). */
export function addCheckpointRoutes(app: ServerApp, api: LocalApi): void {
  answer(app, saveWeights, (request) => {
    const run = requireRun(api, request.modelId);
    checkSeqId(request.seqId);
    const name = orRefuse(checkCheckpointName(request.path ?? `checkpoint-${request.seqId ?? api.clock.now()}`));
    orRefuse(checkTtlSeconds(request.ttlSeconds));
    keepAlive(api, run.record.sessionId);
    const order = { kind: 'save_weights', seqId: request.seqId, fingerprint: fingerprint(request), work: () => save(api, request, name) } as const;
    return { requestId: api.operations.submit(run, order) };
  });

  answer(app, loadWeights, async (request) => {
    const parsed = orRefuse(parseTrainingPath(request.path));
    return { requestId: request.modelId === undefined ? await createByLoading(api, request, parsed) : loadInto(api, request, request.modelId, parsed) };
  });

  answer(app, weightsInfo, async ({ tinkerPath }) => {
    const parsed = orRefuse(parseTrainingPath(tinkerPath, 'tinker_path'));
    const { manifest } = await api.checkpoints.require(parsed).catch((thrown: unknown) => {
      throw thrown instanceof EngineError ? new HttpError(thrown.category === 'user' ? 404 : 500, thrown.message) : thrown;
    });
    const { rank: loraRank, trainUnembed, trainMlp, trainAttn } = manifest.lora;
    return WeightsInfoResponse.make({ baseModel: manifest.baseModel, isLora: true, loraRank, trainUnembed, trainMlp, trainAttn });
  });
}

async function save(api: LocalApi, { modelId, ttlSeconds, overwrite }: SaveWeightsRequest, name: string): Promise<FutureResult> {
  const path = api.checkpoints.pathOf(modelId, name);
  if (!overwrite && (await api.checkpoints.isTaken(modelId, name))) {
    throw userError(`Checkpoint ${path} exists already. Save with overwrite: true, or under another name.`);
  }
  const now = api.clock.now();
  const expiresAt = ttlSeconds === undefined ? null : isoTime(now + ttlSeconds * 1000);
  const meta = { parentRun: modelId, createdAt: isoTime(now), expiresAt, overwrite };
  const { timings } = await api.engine.saveCheckpoint(modelId, api.checkpoints.directoryOf(modelId, name), meta);
  api.ledger.checkpointed({ modelId, kind: 'save', path, timings: { ...timings } });
  await api.checkpoints.saved(modelId, name, expiresAt);
  return jsonResult(SaveWeightsResponse.encode({ path }));
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
    api.ledger.checkpointed({ modelId, kind: 'load', path: request.path, timings: { ...timings } });
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
      api.ledger.checkpointed({ modelId, kind: 'load', path: request.path, timings: { ...timings } });
    } catch (thrown) {
      await api.engine.unloadModel(modelId);
      throw thrown;
    }
    await api.runs.update(run, { baseModel, lora });
    return jsonResult(LoadWeightsResponse.encode({ path: request.path, modelId }));
  });
}

/** A bad argument is refused before anything is queued: 400, with the text that names the field. */
function orRefuse<A>(checked: E.Either<TinkerError, A>): A {
  if (E.isLeft(checked)) throw new HttpError(400, checked.left.message);
  return checked.right;
}
