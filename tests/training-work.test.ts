import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import nock from 'nock';
import { loadStateWork, optimStepWork, passWork, saveStateWork, type Sender } from '../src/training-work.js';
import { ModelInput, type EncodableDatum } from '../src/types/data.js';
import { TensorData } from '../src/types/tensor.js';
import { AdamParams } from '../src/types/training.js';
import { splitIntoChunks } from '../src/wire/chunking.js';
import { jsonPass } from '../src/wire/pass-json.js';
import type { SendContext } from '../src/machines/work.js';
import { assertRefuses, factsOf, leftOf, rightOf, untyped } from './support/codec.js';
import { httpTo, origin, recorded } from './support/exchange.js';

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

function newSender(): Sender {
  let keys = 0;
  return {
    http: httpTo(),
    modelId: 'S1:train:0',
    newIdempotencyKey: () => {
      keys += 1;
      return `key-${keys}`;
    },
  };
}

function attempt(context: Partial<SendContext> = {}): SendContext {
  return { part: 0, seqId: 1, retryCount: 0, signal: new AbortController().signal, ...context };
}

function datum(token: number): EncodableDatum {
  return { modelInput: ModelInput.fromInts([token]), lossFnInputs: { target_tokens: new TensorData(Int32Array.of(token + 1)) } };
}

const datumText = (token: number) =>
  `{"loss_fn_inputs":{"target_tokens":{"data":[${token + 1}],"dtype":"int64","shape":[1]}},"model_input":{"chunks":[{"tokens":[${token}],"type":"encoded_text"}]}}`;

describe('an operation of one request', () => {
  it('is an optimizer step', async () => {
    const scope = nock(origin).post('/api/v1/optim_step').reply(200, { request_id: 'optim#1' });
    const sent = recorded(scope);
    const { work, bytes, parts, result } = optimStepWork(newSender(), AdamParams.make({}));
    expect({ requestType: work.requestType, bytes, parts }).toEqual({ requestType: 'OptimStep', bytes: 200, parts: 1 });
    expect(rightOf(await work.send(attempt({ seqId: 2 })))).toBe('optim#1');
    expect(sent.map(({ text, headers }) => [text, headers['x-idempotency-key'], headers['content-type']])).toEqual([
      [
        '{"adam_params":{"learning_rate":0.0001,"beta1":0.9,"beta2":0.95,"eps":1e-12,"weight_decay":0,"grad_clip_norm":0},"model_id":"S1:train:0","seq_id":2,"type":"optim_step"}',
        'key-1',
        'application/json',
      ],
    ]);
    expect(work.receive(0, { metrics: { grad_norm: 0.5 } })).toEqual(E.right(undefined));
    expect(rightOf(result())).toEqual({ metrics: { grad_norm: 0.5 } });
  });

  it('is a save, with or without a time to live', async () => {
    const scope = nock(origin).post('/api/v1/save_weights').twice().reply(200, { request_id: 'save' });
    const sent = recorded(scope);
    const sender = newSender();
    const kept = saveStateWork(sender, { name: 'ck', ttlSeconds: undefined, overwrite: true });
    const passing = saveStateWork(sender, { name: 'ck', ttlSeconds: 5, overwrite: false });
    await kept.work.send(attempt({ seqId: 3 }));
    await passing.work.send(attempt({ seqId: 4 }));
    expect(kept.work.requestType).toBe('SaveWeights');
    expect(sent.map(({ text }) => text)).toEqual([
      '{"model_id":"S1:train:0","path":"ck","seq_id":3,"overwrite":true,"type":"save_weights"}',
      '{"model_id":"S1:train:0","path":"ck","seq_id":4,"ttl_seconds":5,"overwrite":false,"type":"save_weights"}',
    ]);
    kept.work.receive(0, { path: 'tinker://S1:train:0/weights/ck' });
    expect(rightOf(kept.result())).toEqual({ path: 'tinker://S1:train:0/weights/ck' });
  });

  it('is a load, which always says whether the optimizer comes along', async () => {
    const scope = nock(origin).post('/api/v1/load_weights').twice().reply(200, { request_id: 'load' });
    const sent = recorded(scope);
    const path = 'tinker://S1:train:0/weights/ck';
    const weights = loadStateWork(newSender(), { path, optimizer: false, weightsAccessToken: undefined });
    const all = loadStateWork(newSender(), { path, optimizer: true, weightsAccessToken: 'tml-other' });
    await weights.work.send(attempt({ seqId: 5 }));
    await all.work.send(attempt({ seqId: 5 }));
    expect(weights.work.requestType).toBe('LoadWeights');
    expect(sent.map(({ text }) => text)).toEqual([
      `{"model_id":"S1:train:0","path":"${path}","seq_id":5,"optimizer":false,"type":"load_weights"}`,
      `{"model_id":"S1:train:0","path":"${path}","seq_id":5,"optimizer":true,"weights_access_token":"tml-other","type":"load_weights"}`,
    ]);
    weights.work.receive(0, { type: 'load_weights' });
    expect(rightOf(weights.result())).toEqual({});
  });

  it('is no load with a token that is none, which is not shown', () => {
    const load = untyped(loadStateWork);
    const request = { path: 'tinker://m/weights/ck', optimizer: false, weightsAccessToken: ['tml-secret'] };
    assertRefuses(() => load(newSender(), request), 'weightsAccessToken', 'weightsAccessToken: expected a non-empty string (what was given is not shown)');
  });

  it('has no result before it has one, nor of what it was not promised', () => {
    const { work, result } = saveStateWork(newSender(), { name: 'ck', ttlSeconds: undefined, overwrite: false });
    const nothing = { kind: 'malformedResponse', message: 'there is no result of the operation', retriable: false };
    expect(factsOf(leftOf(result()))).toEqual(nothing);
    expect(leftOf(work.receive(0, {})).message).toBe("The server's answer is not a valid SaveWeightsResponse: path: got undefined, expected string");
    expect(leftOf(work.receive(1, { path: 'p' })).message).toBe('there is no part 1');
    expect(factsOf(leftOf(result()))).toEqual(nothing);
  });
});

describe('a pass', () => {
  const data = [datum(1), datum(3), datum(5)];
  const pass = { data, lossFn: 'ppo', lossFnConfig: { clip_low_threshold: 0.9 }, forwardOnly: false };
  const chunked = (forwardOnly = false) =>
    passWork(newSender(), jsonPass, { ...pass, forwardOnly }, splitIntoChunks(data, { length: 2, bytes: 5_000_000 }));

  const output = (logprob: number, metrics: object) => ({
    loss_fn_output_type: 'scalar',
    loss_fn_outputs: [{ logprobs: { data: [logprob], dtype: 'float32', shape: [1] } }],
    metrics,
  });

  it('is as many requests as it has chunks, each with its own data, number and key', async () => {
    const scope = nock(origin).post('/api/v1/forward_backward').twice().reply(200, { request_id: 'r' });
    const sent = recorded(scope);
    const { work, bytes, parts } = chunked();
    expect({ requestType: work.requestType, bytes, parts }).toEqual({ requestType: 'ForwardBackward', bytes: 36, parts: 2 });
    rightOf(await work.send(attempt({ part: 1, seqId: 2 })));
    rightOf(await work.send(attempt({ part: 0, seqId: 1 })));
    const bodyOf = (texts: readonly string[], seqId: number) =>
      `{"forward_backward_input":{"data":[${texts.join(',')}],"loss_fn":"ppo","loss_fn_config":{"clip_low_threshold":0.9}},"model_id":"S1:train:0","seq_id":${seqId}}`;
    expect(sent.map(({ text, headers }) => [headers['x-idempotency-key'], text])).toEqual([
      ['key-2', bodyOf([datumText(5)], 2)],
      ['key-1', bodyOf([datumText(1), datumText(3)], 1)],
    ]);
  });

  it('goes elsewhere when the gradients are left alone', async () => {
    const scope = nock(origin).post('/api/v1/forward').reply(200, { request_id: 'r' });
    const { work } = chunked(true);
    expect(work.requestType).toBe('Forward');
    rightOf(await work.send(attempt({ part: 1 })));
    expect(scope.isDone()).toBe(true);
  });

  it('joins results in the order of its chunks, not of their arrival', () => {
    const { work, result } = chunked();
    rightOf(work.receive(1, output(-2, { 'loss:sum': 2 })));
    rightOf(work.receive(0, output(-1, { 'loss:sum': 1 })));
    expect(rightOf(result())).toEqual({
      lossFnOutputType: 'scalar',
      lossFnOutputs: [{ logprobs: new TensorData(Float32Array.of(-1)) }, { logprobs: new TensorData(Float32Array.of(-2)) }],
      metrics: { 'loss:sum': 3 },
    });
  });

  it('has no result while a chunk lacks its own: part of the data is not the data', () => {
    const { work, result } = chunked();
    rightOf(work.receive(1, output(-2, {})));
    expect(factsOf(leftOf(result()))).toEqual({ kind: 'malformedResponse', message: 'there is no result of 1 of its 2 requests', retriable: false });
  });

  it('keeps a result that came twice once', () => {
    const { work, result } = chunked();
    rightOf(work.receive(0, output(-1, {})));
    rightOf(work.receive(0, output(-1, {})));
    rightOf(work.receive(1, output(-2, {})));
    expect(rightOf(result()).lossFnOutputs).toHaveLength(2);
  });
});

describe('sending again', () => {
  it('sends the same bytes under the same key, whatever became of the data since', async () => {
    const scope = nock(origin).post('/api/v1/forward_backward').reply(503, '').post('/api/v1/forward_backward').reply(200, { request_id: 'r' });
    const sent = recorded(scope);
    const weights = Float32Array.of(1);
    const data = [{ modelInput: ModelInput.fromInts([1]), lossFnInputs: { weights: new TensorData(weights) } }];
    const pass = { data, lossFn: 'cross_entropy', lossFnConfig: undefined, forwardOnly: false };
    const { work } = passWork(newSender(), jsonPass, pass, splitIntoChunks(data, { length: 2, bytes: 100 }));
    expect(leftOf(await work.send(attempt({ seqId: 7 })))).toMatchObject({ verdict: 'transient', mayBeTaken: true });
    weights.fill(9);
    expect(rightOf(await work.send(attempt({ seqId: 7, retryCount: 1 })))).toBe('r');
    const [first, second] = sent;
    expect(second?.text).toBe(first?.text);
    expect(first?.text).toContain('"weights":{"data":[1]');
    expect(sent.map(({ headers }) => [headers['x-idempotency-key'], headers['x-stainless-retry-count']])).toEqual([['key-1', '0'], ['key-1', '1']]);
  });

  it('is not possible once the server has taken it', async () => {
    const { work } = optimStepWork(newSender(), AdamParams.make({}));
    work.releaseBodies?.();
    await expect(work.send(attempt())).rejects.toThrow('part 0 was accepted before');
    expect(work.receive(0, {})).toEqual(E.right(undefined));
  });

  it('has the number 0 where none is given, which servers take for none', async () => {
    const scope = nock(origin).post('/api/v1/optim_step', (body: { seq_id?: unknown }) => body.seq_id === 0).reply(200, { request_id: 'r' });
    const { work } = optimStepWork(newSender(), AdamParams.make({}));
    rightOf(await work.send(attempt({ seqId: undefined })));
    expect(scope.isDone()).toBe(true);
  });

  it('never takes a receipt that is none for success', async () => {
    nock(origin).post('/api/v1/optim_step').reply(200, { request_id: 12 });
    const failure = leftOf(await optimStepWork(newSender(), AdamParams.make({})).work.send(attempt()));
    expect(failure).toMatchObject({ verdict: 'transient', mayBeTaken: true });
    expect(failure.error.message).toBe("/api/v1/optim_step: The server's answer is not a valid SubmitResponse: request_id: got 12, expected string");
  });
});
