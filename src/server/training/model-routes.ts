import { createHash, randomInt } from 'node:crypto';
import { createModel, getInfo, unloadModel } from '../../api/training.js';
import { CreateModelResponse, GetInfoResponse, UnloadModelRequest, type CreateModelRequest } from '../../types/training.js';
import type { ModelSpec } from '../engine/engine.js';
import { EngineError, userError } from '../engine/engine-error.js';
import { fingerprint } from '../fingerprint.js';
import { jsonResult, type FutureResult } from '../futures/future-result.js';
import { HttpError } from '../http-error.js';
import type { LocalApi } from '../local-api.js';
import { modelIdOf } from '../runs/run-ids.js';
import { answer, type ServerApp } from '../routing.js';
import { whyGone, type Run } from '../runs/runs.js';

const defaultRank = 32;

/** Creating, describing and dropping models (wire protocol §2.3). */
export function addModelRoutes(app: ServerApp, api: LocalApi): void {
  answer(app, createModel, async (request) => {
    const requestId = await openModel(api, request, fingerprint(request), 'create_model', async (run) => {
      const spec = specOf(request);
      await api.engine.createModel(run.record.modelId, spec);
      await api.runs.update(run, { baseModel: spec.baseModel, lora: { ...spec.lora } });
      return jsonResult(CreateModelResponse.encode({ modelId: run.record.modelId }));
    });
    return { requestId };
  });

  answer(app, getInfo, ({ modelId }) => {
    const run = requireRun(api, modelId);
    const gone = whyGone(run);
    if (gone !== undefined) throw new HttpError(404, gone.error);
    const { record } = run;
    if (record.baseModel === null) throw new HttpError(404, `Model ${modelId} is not there yet. Await its creation, then ask again.`);
    return GetInfoResponse.make({
      modelId,
      modelData: { arch: 'llama', modelName: record.baseModel, tokenizerId: record.baseModel },
      isLora: true,
      loraRank: record.lora?.rank,
      modelName: record.baseModel,
    });
  });

  answer(app, unloadModel, ({ modelId }) => {
    const run = requireRun(api, modelId);
    const requestId = api.operations.submit(run, {
      kind: 'unload_model',
      seqId: undefined,
      fingerprint: '',
      work: async () => {
        await api.engine.unloadModel(modelId);
        await api.runs.end(run, 'unloaded', 'it was unloaded at its client\'s request');
        return jsonResult(UnloadModelRequest.encode(UnloadModelRequest.make({ modelId })));
      },
    });
    return { requestId };
  });
}

/**
 * Opens a run and queues the making of its model as the first thing it does. The same request again
 * gets the same request id: the pair of session and number names the model (wire protocol §1.9).
 */
export async function openModel(
  api: LocalApi,
  request: Pick<CreateModelRequest, 'sessionId' | 'modelSeqId' | 'userMetadata'>,
  mark: string,
  kind: 'create_model' | 'load_weights',
  make: (run: Run) => Promise<FutureResult>,
): Promise<string> {
  const { sessionId, modelSeqId, userMetadata } = request;
  if (modelSeqId < 0) throw new HttpError(422, `model_seq_id: got ${modelSeqId}, expected a whole number from 0`);
  const known = api.runs.find(modelIdOf(sessionId, modelSeqId));
  if (known !== undefined) return knownRequestId(api, known, mark);
  api.sessions.touch(sessionId);
  const requestId = api.futures.open();
  const run = api.runs.open({ sessionId, modelSeqId, fingerprint: mark, requestId, userMetadata: userMetadata === undefined ? null : { ...userMetadata } });
  api.operations.accept(run, { kind, seqId: undefined, fingerprint: mark, work: () => makeOrEnd(api, run, make) }, requestId);
  await api.runs.update(run, {});
  return requestId;
}

/** Finds a run; its model may be gone. */
export function requireRun(api: LocalApi, modelId: string): Run {
  const run = api.runs.find(modelId);
  if (run === undefined) throw new HttpError(404, `Model not found: ${modelId}. Create a model first.`);
  return run;
}

function knownRequestId(api: LocalApi, known: Run, mark: string): string {
  if (known.record.fingerprint !== mark) {
    throw new HttpError(400, `model_seq_id ${known.record.modelSeqId} of this session was used for another model already; use the next number.`);
  }
  const gone = known.queue === undefined ? whyGone(known) : undefined;
  return gone === undefined ? known.record.requestId : api.futures.openSettled(gone);
}

async function makeOrEnd(api: LocalApi, run: Run, make: (run: Run) => Promise<FutureResult>): Promise<FutureResult> {
  try {
    return await make(run);
  } catch (thrown) {
    await api.runs.end(run, 'failed', thrown instanceof EngineError ? thrown.message : 'the server failed; see its log');
    throw thrown;
  }
}

function specOf({ baseModel, loraConfig }: CreateModelRequest): ModelSpec {
  if (baseModel === '') throw userError('base_model: empty; name one of the models in get_server_capabilities.');
  return {
    baseModel,
    lora: {
      rank: loraConfig?.rank ?? defaultRank,
      seed: toSeed(loraConfig?.seed ?? randomInt(2 ** 31)),
      trainAttn: loraConfig?.trainAttn ?? true,
      trainMlp: loraConfig?.trainMlp ?? true,
      trainUnembed: loraConfig?.trainUnembed ?? true,
    },
  };
}

/** A seed that a double would round stands for another one that it does not: neighbours are to stay different. */
function toSeed(given: number | bigint): number {
  return typeof given === 'number' ? given : createHash('sha256').update(String(given)).digest().readUIntBE(0, 6);
}
