import * as t from 'io-ts';
import { Nothing, post } from '../../api/route.js';
import { asample } from '../../api/sampling.js';
import { asSentence } from '../../types/errors.js';
import { field, message } from '../../types/message.js';
import { SampleResponse, type SampleRequest } from '../../types/sampling.js';
import { encodeSampleResponse } from '../../wire/sample-writer.js';
import { EngineError, messageOf, withoutPlaces } from '../engine/engine-error.js';
import type { SampleOutput, SampleWork } from '../engine/sampling/sampling.js';
import { fingerprint } from '../fingerprint.js';
import type { FutureResult } from '../futures/future-result.js';
import type { FutureOutcome } from '../futures/futures.js';
import { HttpError } from '../http-error.js';
import type { LocalApi } from '../local-api.js';
import { answer, type ServerApp } from '../routing.js';
import type { Sampler } from './samplers.js';
import { toSampleResponse, toSampleWork } from './sampling-request.js';
import { keepAlive } from '../training/training-routes.js';

/** Samples accepted and not yet drawn; clients take the refusal of more as a sign to slow down (wire protocol §3.8). */
const mostWaiting = 4096;

/** Numbers of a sampling session that are remembered, so that a request sent again is recognised. */
const mostReceipts = 10_000;

/** The receipt for a request; newer official clients take none without a name for each sequence. */
const SampleReceipt = message('SampleReceipt', {
  requestId: field('request_id', t.string),
  sampleSequenceIds: field('sample_sequence_ids', t.readonlyArray(t.string)),
});

/** Gives a sample up; newer official clients do when nobody waits for it any more. */
const cancelFuture = post('/api/v1/cancel_future', message('CancelFutureRequest', { requestId: field('request_id', t.string) }), Nothing);

/** Drawing samples (wire protocol §2.6): beside each other and beside training, in no order. */
export function addSamplingRoutes(app: ServerApp, api: LocalApi): void {
  const waiting = new Map<string, AbortController>();

  answer(app, { ...asample, response: SampleReceipt }, (request) => {
    const { samplingSessionId, seqId } = request;
    if (samplingSessionId === undefined) {
      throw new HttpError(400, 'sampling_session_id: missing; open a sampling session with create_sampling_session and name it.');
    }
    if (seqId === undefined) throw new HttpError(400, 'seq_id: missing; number the requests of a sampling session from 0.');
    const sampler = api.samplers.require(samplingSessionId);
    keepAlive(api, sampler.sessionId);
    const mark = fingerprint(request);
    const receipt = sampler.receipts.get(String(seqId));
    if (receipt?.fingerprint === mark) return receiptOf(receipt.requestId, request);
    if (receipt !== undefined) {
      throw new HttpError(400, `seq_id ${seqId}: this sampling session got another request with this number; a new request needs a number of its own.`);
    }
    const work = workOf(api, request, sampler);
    if (waiting.size >= mostWaiting) throw new HttpError(429, `${waiting.size} samples are waiting already; send this one again in a moment.`, { 'retry-after': '1' });
    const requestId = api.futures.open();
    keepReceipt(sampler, String(seqId), mark, requestId);
    const controller = new AbortController();
    waiting.set(requestId, controller);
    void draw(api, sampler, { seqId, requestId, work, signal: controller.signal }).finally(() => waiting.delete(requestId));
    return receiptOf(requestId, request);
  });

  // What is drawn already, or was never asked for, needs no cancelling.
  answer(app, cancelFuture, ({ requestId }) => waiting.get(requestId)?.abort());
}

/** A request that cannot be drawn is refused at once. */
function workOf(api: LocalApi, request: SampleRequest, { baseModel }: Sampler): SampleWork {
  const model = api.engine.baseModels().find(({ name }) => name === baseModel);
  if (model === undefined) throw new HttpError(404, `base_model: "${baseModel}" is not offered by this server any more.`);
  try {
    return toSampleWork(request, model);
  } catch (thrown) {
    throw thrown instanceof EngineError ? new HttpError(400, thrown.message) : thrown;
  }
}

/** The same for a request that is sent again. */
function receiptOf(requestId: string, { numSamples }: SampleRequest): t.TypeOf<typeof SampleReceipt> {
  return SampleReceipt.make({ requestId, sampleSequenceIds: Array.from({ length: numSamples }, (_, index) => `${requestId}.${index}`) });
}

function keepReceipt({ receipts }: Sampler, number: string, mark: string, requestId: string): void {
  receipts.set(number, { fingerprint: mark, requestId });
  const [oldest] = receipts.keys();
  if (receipts.size > mostReceipts && oldest !== undefined) receipts.delete(oldest);
}

interface Draw {
  readonly seqId: number | bigint;
  readonly requestId: string;
  readonly work: SampleWork;
  readonly signal: AbortSignal;
}

async function draw(api: LocalApi, sampler: Sampler, { seqId, requestId, work, signal }: Draw): Promise<void> {
  const acceptedAt = api.clock.now();
  const outcome = await outcomeOf(api, sampler, work, signal);
  const { samplerId, sessionId } = sampler;
  const facts = { kind: 'sample', requestId, outcome: outcome.state } as const;
  const error = outcome.state === 'failed' ? outcome.error : undefined;
  api.ledger.executed({ ...facts, modelId: samplerId, seqId: typeof seqId === 'number' ? seqId : undefined, error });
  api.ledger.trace.add({ ...facts, sessionId, on: samplerId, seqId, acceptedAt, startedAt: acceptedAt, finishedAt: api.clock.now() });
  api.futures.settle(requestId, outcome);
}

async function outcomeOf(api: LocalApi, sampler: Sampler, work: SampleWork, signal: AbortSignal): Promise<FutureOutcome> {
  try {
    const output = await api.engine.sample(sampler.weights, work, signal);
    noteUsage(api, sampler, work, output);
    return { state: 'done', result: sampleResult(output, work.topkPromptLogprobs) };
  } catch (thrown) {
    if (thrown instanceof EngineError) return { state: 'failed', error: thrown.message, category: thrown.category };
    api.options.log(`a sample of ${sampler.samplerId} failed: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`);
    return { state: 'failed', category: 'server', error: `Sampling failed in the server: ${asSentence(withoutPlaces(messageOf(thrown)))} The server's log has the details.` };
  }
}

function noteUsage({ usage }: LocalApi, { sessionId, baseModel }: Sampler, { prompt }: SampleWork, output: SampleOutput): void {
  const cached = output.promptCacheHitTokens;
  if (cached > 0) usage.record(sessionId, baseModel, { type: 'sampling_prefill', tokenCount: cached, cached: true });
  usage.record(sessionId, baseModel, { type: 'sampling_prefill', tokenCount: prompt.length - cached, cached: false });
  usage.record(sessionId, baseModel, { type: 'sampling_sample', tokenCount: output.sequences.reduce((sum, { tokens }) => sum + tokens.length, 0) });
}

/** The result of a sample, in either form. */
function sampleResult(output: SampleOutput, topk: number): FutureResult {
  const response = toSampleResponse(output);
  return { json: () => JSON.stringify(SampleResponse.encode(response)), protobuf: () => encodeSampleResponse(response, topk) };
}
