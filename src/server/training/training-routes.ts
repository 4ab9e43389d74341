import type { Route } from '../../api/route.js';
import { optimStep } from '../../api/training.js';
import type { SubmitResponse } from '../../types/futures.js';
import { ForwardBackwardOutput, OptimStepResponse } from '../../types/training.js';
import { encodePassOutput } from '../../wire/pass-output-writer.js';
import { noteUsage } from '../usage/billing-notes.js';
import { forwardPassRoute, passRoute, type PassRequest } from '../bodies/bodies-pass.js';
import { EngineError } from '../engine/engine-error.js';
import { fingerprint } from '../fingerprint.js';
import { jsonResult, type FutureResult } from '../futures/future-result.js';
import { HttpError } from '../http-error.js';
import type { OperationKind } from '../ledger.js';
import type { LocalApi } from '../local-api.js';
import { requireRun } from './model-routes.js';
import { answer, type ServerApp } from '../routing.js';
import { toPassOutput, toPassWork } from './training-data.js';

/** Passes and optimizer steps (wire protocol §2.4, Appendix C). */
export function addTrainingRoutes(app: ServerApp, api: LocalApi): void {
  const kindOf = ({ forwardOnly }: PassRequest): OperationKind => (forwardOnly ? 'forward' : 'forward_backward');
  const pass = async ({ modelId, forwardOnly, input }: PassRequest): Promise<FutureResult> => {
    const { data, shapes, lossFn, clip } = toPassWork(input);
    const result = forwardOnly
      ? await api.engine.forward(modelId, data, lossFn, clip)
      : await api.engine.forwardBackward(modelId, data, lossFn, clip);
    noteUsage(api, modelId, { type: 'training', tokenCount: shapes.reduce((sum, [positions]) => sum + positions, 0) });
    return passResult(toPassOutput(result, shapes));
  };
  answerOperation(app, api, kindOf, passRoute, pass);
  answerOperation(app, api, kindOf, forwardPassRoute, pass);

  answerOperation(app, api, () => 'optim_step', optimStep, async ({ modelId, adamParams }) => {
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
  kindOf: (request: Request) => OperationKind,
  route: Route<Request, SubmitResponse>,
  work: (request: Request) => Promise<FutureResult>,
): void {
  answer(app, route, (request) => {
    const run = requireRun(api, request.modelId);
    checkSeqId(request.seqId);
    keepAlive(api, run.record.sessionId);
    const order = { kind: kindOf(request), seqId: request.seqId, fingerprint: fingerprint(request), work: () => work(request) };
    return { requestId: api.operations.submit(run, order) };
  });
}

/** The result of a pass, in either form. */
function passResult(output: ReturnType<typeof toPassOutput>): FutureResult {
  return { json: () => JSON.stringify(ForwardBackwardOutput.encode(output)), protobuf: () => encodePassOutput(output) };
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
