import type { Route } from '../api/route.js';
import { forward, forwardBackward, optimStep } from '../api/training.js';
import type { SubmitResponse } from '../types/futures.js';
import { ForwardBackwardOutput, OptimStepResponse } from '../types/training.js';
import type { PassResult } from './engine/engine.js';
import { EngineError } from './engine/engine-error.js';
import { fingerprint } from './fingerprint.js';
import { jsonResult, type FutureResult } from './future-result.js';
import { HttpError } from './http-error.js';
import type { OperationKind } from './ledger.js';
import type { LocalApi } from './local-api.js';
import { requireRun } from './model-routes.js';
import { answer, type ServerApp } from './routing.js';
import { toPassOutput, toPassWork } from './training-data.js';

/** Passes and optimizer steps (wire protocol §2.4, Appendix C). */
export function addTrainingRoutes(app: ServerApp, api: LocalApi): void {
  answerOperation(app, api, 'forward_backward', forwardBackward, async ({ modelId, forwardBackwardInput }) => {
    const { data, lossFn, clip } = toPassWork(forwardBackwardInput);
    const result = await api.engine.forwardBackward(modelId, data, lossFn, clip);
    return passResult(result);
  });

  answerOperation(app, api, 'forward', forward, async ({ modelId, forwardInput }) => {
    const { data, lossFn, clip } = toPassWork(forwardInput);
    const result = await api.engine.forward(modelId, data, lossFn, clip);
    return passResult(result);
  });

  answerOperation(app, api, 'optim_step', optimStep, async ({ modelId, adamParams }) => {
    const { step, gradNorm } = await api.engine.optimStep(modelId, adamParams);
    if (!Number.isFinite(gradNorm)) {
      throw new EngineError('user', 'The gradient is not a finite number: training has diverged. Load an earlier checkpoint and lower the learning rate.');
    }
    return jsonResult(OptimStepResponse.encode({ metrics: { step, grad_norm: gradNorm } }));
  });
}

/** Answers an endpoint whose work is done in the model's turn; only the receipt goes out now. */
export function answerOperation<Request extends { readonly modelId: string; readonly seqId?: number | undefined }>(
  app: ServerApp,
  api: LocalApi,
  kind: OperationKind,
  route: Route<Request, SubmitResponse>,
  work: (request: Request) => Promise<FutureResult>,
): void {
  answer(app, route, (request) => {
    const run = requireRun(api, request.modelId);
    checkSeqId(request.seqId);
    keepAlive(api, run.record.sessionId);
    return { requestId: api.operations.submit(run, { kind, seqId: request.seqId, fingerprint: fingerprint(request), work: () => work(request) }) };
  });
}

/** The result of a pass, in either form. */
function passResult(result: PassResult): FutureResult {
  const output = toPassOutput(result);
  return { json: () => JSON.stringify(ForwardBackwardOutput.encode(output)) };
}

/** Numbers start at 1 (wire protocol §4.1). */
export function checkSeqId(seqId: number | undefined): void {
  if (seqId !== undefined && seqId < 1) throw new HttpError(422, `seq_id: got ${seqId}, expected a whole number from 1`);
}

/** Work is as good a sign of life as a heartbeat; the model of an ended session says so itself. */
export function keepAlive(api: LocalApi, sessionId: string): void {
  try {
    api.sessions.touch(sessionId);
  } catch (thrown) {
    if (!(thrown instanceof HttpError)) throw thrown;
  }
}
