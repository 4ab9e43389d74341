import { createModelWith, unloadModel } from '../api/training.js';
import type { Runtime } from './runtime.js';
import { decode } from '../types/decode.js';
import { toTinkerError } from '../types/errors.js';
import { CreateModelRequest, CreateModelResponse, UnloadModelRequest, UnloadModelResponse } from '../types/training.js';

/** What a model is to be; its session and its number in it are filled in. */
export type ModelOrder = Omit<Parameters<typeof CreateModelRequest.make>[0], 'sessionId' | 'modelSeqId'>;

/** The id that servers make of a session and a model's number in it (wire protocol §4.5). */
export function modelIdOf(sessionId: string, modelSeqId: number): string {
  return `${sessionId}:train:${modelSeqId}`;
}

/**
 * Creates a model under the session's next number, and gives its id. When the server gave no clear
 * answer the model may be there all the same: then it is taken back before the error is passed on.
 * Servers that do not know the number (SkyRL) make one model per attempt that reached them; the others
 * have no name that we know, and end with the session.
 * @param extraBody fields beside the protocol's
 */
export async function orderModel(
  runtime: Runtime,
  sessionId: string,
  order: ModelOrder,
  extraBody: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const modelSeqId = runtime.counters.nextModelSeqId();
  try {
    const { modelId } = await runtime.operate({
      kind: 'createModel',
      requestType: 'CreateModel',
      route: createModelWith(extraBody),
      input: CreateModelRequest.make({ ...order, sessionId, modelSeqId }),
      decode: (body) => decode(CreateModelResponse, body),
    });
    return modelId;
  } catch (thrown) {
    if (!isRefusal(thrown)) await takeBackModel(runtime, modelIdOf(sessionId, modelSeqId)).catch(() => undefined);
    throw thrown;
  }
}

const patienceMs = 30_000;

/**
 * Drops a model that nobody will use; that the server does not know it is fine. It gets half a minute:
 * whoever takes a model back has an error to report.
 */
export async function takeBackModel(runtime: Runtime, modelId: string): Promise<void> {
  try {
    await dropModel(runtime, modelId, { patienceMs });
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
  }
}

/** Drops a model, and waits until it is gone. */
export async function dropModel(runtime: Runtime, modelId: string, patience: { readonly patienceMs?: number } = {}): Promise<void> {
  await runtime.operate({
    kind: 'unloadModel',
    requestType: 'UnloadModel',
    route: unloadModel,
    input: UnloadModelRequest.make({ modelId }),
    decode: (body) => decode(UnloadModelResponse, body),
    ...patience,
  });
}

/** Whether the server has said a clear no, so that nothing was made or nothing is there. */
function isRefusal(thrown: unknown): boolean {
  const { category, kind } = toTinkerError(thrown);
  return kind === 'sessionLost' || (category === 'user' && (kind === 'requestFailed' || kind === 'http'));
}
