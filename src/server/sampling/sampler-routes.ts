import { saveWeightsForSampler } from '../../api/checkpoints.js';
import { createSamplingSession, getSampler } from '../../api/sampling.js';
import { SaveWeightsForSamplerResponse, type SaveWeightsForSamplerRequest } from '../../types/checkpoints.js';
import { checkCheckpointName, checkTtlSeconds, parseCheckpointPath, type ParsedCheckpointPath } from '../../types/ids.js';
import { CreateSamplingSessionResponse, GetSamplerResponse, type CreateSamplingSessionRequest } from '../../types/sampling.js';
import { isoTime } from '../clock.js';
import { saveCheckpoint } from '../checkpoints/checkpoint-saving.js';
import { readManifest } from '../checkpoints/manifest.js';
import { userError } from '../engine/engine-error.js';
import { adapterSha256 } from '../engine/sampling/adapter-hash.js';
import { fingerprint } from '../fingerprint.js';
import { jsonResult, type FutureResult } from '../futures/future-result.js';
import { HttpError } from '../http-error.js';
import type { LocalApi } from '../local-api.js';
import { requireRun } from '../training/model-routes.js';
import { orNotFound, orRefuse } from '../refusals.js';
import { answer, type ServerApp } from '../routing.js';
import type { Run } from '../runs/runs.js';
import type { SamplerFacts } from './samplers.js';
import { checkSeqId, keepAlive } from '../training/training-routes.js';

/** Saving weights to sample from, and opening sampling sessions (wire protocol §2.2, §2.5, §2.6). */
export function addSamplerRoutes(app: ServerApp, api: LocalApi): void {
  answer(app, saveWeightsForSampler, (request) => {
    const run = requireRun(api, request.modelId);
    checkSeqId(request.seqId);
    const { path, samplingSessionSeqId, seqId } = request;
    if ((path === undefined) === (samplingSessionSeqId === undefined)) {
      throw new HttpError(400, 'path: give either path, to save under a name, or sampling_session_seq_id, to sample from what is saved, and not both.');
    }
    keepAlive(api, run.record.sessionId);
    const work = path === undefined ? () => saveEphemeral(api, run, samplingSessionSeqId ?? 0) : namedSave(api, request, path);
    // A request sent again carries another number of its sampling session; it is the same one all the same.
    const mark = fingerprint({ ...request, samplingSessionSeqId: undefined });
    const order = { kind: 'save_weights_for_sampler', seqId, fingerprint: mark, lasting: path !== undefined, work } as const;
    return { requestId: api.operations.submit(run, order) };
  });

  answer(app, createSamplingSession, async (request) => {
    const { sessionId, samplingSessionSeqId } = request;
    api.sessions.touch(sessionId);
    const samplingSessionId = api.samplers.idOf(sessionId, checkNumber(samplingSessionSeqId));
    const mark = fingerprint(request);
    const facts = { ...(await factsOf(api, request)), fingerprint: mark };
    const known = api.samplers.find(samplingSessionId);
    if (known === undefined) api.samplers.open(samplingSessionId, sessionId, facts);
    else if (known.fingerprint !== mark) throw new HttpError(400, numberUsed(samplingSessionSeqId));
    return CreateSamplingSessionResponse.make({ samplingSessionId });
  });

  answer(app, getSampler, ({ samplerId }) => {
    const { baseModel, modelPath } = api.samplers.require(samplerId);
    return GetSamplerResponse.make({ samplerId, baseModel, modelPath });
  });
}

function namedSave(api: LocalApi, { modelId, ttlSeconds }: SaveWeightsForSamplerRequest, path: string): () => Promise<FutureResult> {
  const name = orRefuse(checkCheckpointName(path));
  orRefuse(checkTtlSeconds(ttlSeconds));
  return async () => {
    const saved = await saveCheckpoint(api, { modelId, name, kind: 'sampler_weights', ttlSeconds, overwrite: false });
    return jsonResult(SaveWeightsForSamplerResponse.encode({ path: saved }));
  };
}

/** Saves weights for one sampling session, and opens it. */
async function saveEphemeral(api: LocalApi, run: Run, samplingSessionSeqId: number): Promise<FutureResult> {
  const { modelId, sessionId, baseModel } = run.record;
  const samplingSessionId = api.samplers.idOf(sessionId, samplingSessionSeqId);
  if (api.samplers.find(samplingSessionId) !== undefined) throw userError(numberUsed(samplingSessionSeqId));
  const directory = api.samplers.ephemeralDirectory(samplingSessionId);
  const meta = { parentRun: modelId, createdAt: isoTime(api.clock.now()), expiresAt: null, overwrite: true, kind: 'sampler_weights' } as const;
  await api.engine.saveCheckpoint(modelId, directory, meta);
  const sha256 = adapterSha256(await readManifest(directory));
  const facts = { baseModel: baseModel ?? '', modelPath: undefined, fingerprint: '', isEphemeral: true };
  api.samplers.open(samplingSessionId, sessionId, { ...facts, weights: { baseModel: facts.baseModel, adapter: { directory, sha256 } } });
  // It may have ended during the save, and then nobody else would clean up.
  if (api.sessions.find(sessionId)?.expiredAt !== null) api.samplers.endSession(sessionId);
  return jsonResult(SaveWeightsForSamplerResponse.encode({ samplingSessionId }));
}

async function factsOf(api: LocalApi, { baseModel, modelPath }: CreateSamplingSessionRequest): Promise<Omit<SamplerFacts, 'fingerprint'>> {
  if (modelPath !== undefined) return await factsOfCheckpoint(api, orRefuse(parseCheckpointPath(modelPath, 'model_path')), baseModel);
  if (baseModel === undefined) throw new HttpError(400, 'base_model: missing; give base_model, or model_path with a checkpoint that was saved for sampling.');
  const names = api.engine.baseModels().map(({ name }) => name);
  if (!names.includes(baseModel)) throw new HttpError(400, `base_model: "${baseModel}" is not offered by this server; it offers ${names.join(', ')}.`);
  return { baseModel, modelPath: undefined, weights: { baseModel, adapter: undefined }, isEphemeral: false };
}

async function factsOfCheckpoint(api: LocalApi, parsed: ParsedCheckpointPath, wanted: string | undefined): Promise<Omit<SamplerFacts, 'fingerprint'>> {
  const { path, trainingRunId, checkpointType } = parsed;
  if (checkpointType !== 'sampler') {
    throw new HttpError(
      400,
      `model_path: ${path} is a training checkpoint; sampling needs one that was saved for it (tinker://RUN/sampler_weights/NAME). ` +
        'Load it into a training client and call saveWeightsForSampler.',
    );
  }
  const { directory, manifest } = await orNotFound(api.checkpoints.require(parsed));
  const { baseModel } = manifest;
  if (wanted !== undefined && wanted !== baseModel) throw new HttpError(400, `base_model: ${path} was trained on ${baseModel}, not on ${wanted}.`);
  await api.audit.record('checkpoint.loaded', { modelId: trainingRunId, tinkerPath: path, purpose: 'sampling' });
  return { baseModel, modelPath: path, weights: { baseModel, adapter: { directory, sha256: adapterSha256(manifest) } }, isEphemeral: false };
}

function checkNumber(samplingSessionSeqId: number): number {
  if (samplingSessionSeqId >= 0) return samplingSessionSeqId;
  throw new HttpError(422, `sampling_session_seq_id: got ${samplingSessionSeqId}, expected a whole number from 0`);
}

function numberUsed(samplingSessionSeqId: number): string {
  return `sampling_session_seq_id ${samplingSessionSeqId} of this session was used for another sampling session already; use the next number.`;
}
