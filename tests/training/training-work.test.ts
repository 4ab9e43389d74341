import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import nock from 'nock';
import { loadStateWork, optimStepWork, saveStateWork, type Sender } from '../../src/training/training-work.js';
import { AdamParams } from '../../src/types/training.js';
import type { SendContext } from '../../src/machines/work.js';
import { assertRefuses, factsOf, leftOf, rightOf, untyped } from '../support/codec.js';
import { httpTo, origin, recorded } from '../support/exchange.js';

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
    const kept = saveStateWork(sender, () => ({ name: 'ck', ttlSeconds: undefined, overwrite: true }));
    const passing = saveStateWork(sender, () => ({ name: 'ck', ttlSeconds: 5, overwrite: false }));
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
    const { work, result } = saveStateWork(newSender(), () => ({ name: 'ck', ttlSeconds: undefined, overwrite: false }));
    const nothing = { kind: 'malformedResponse', message: 'there is no result of the operation', retriable: false };
    expect(factsOf(leftOf(result()))).toEqual(nothing);
    expect(leftOf(work.receive(0, {})).message).toBe("The server's answer is not a valid SaveWeightsResponse: path: got undefined, expected string");
    expect(leftOf(work.receive(1, { path: 'p' })).message).toBe('there is no part 1');
    expect(factsOf(leftOf(result()))).toEqual(nothing);
  });
});

describe('sending again', () => {
  it('sends the same bytes under the same key', async () => {
    const scope = nock(origin).post('/api/v1/optim_step').reply(503, '').post('/api/v1/optim_step').reply(200, { request_id: 'r' });
    const sent = recorded(scope);
    const { work } = optimStepWork(newSender(), AdamParams.make({}));
    expect(leftOf(await work.send(attempt({ seqId: 7 })))).toMatchObject({ verdict: 'transient', mayBeTaken: true });
    expect(rightOf(await work.send(attempt({ seqId: 7, retryCount: 1 })))).toBe('r');
    expect(new Set(sent.map(({ text, headers }) => `${text} ${String(headers['x-idempotency-key'])}`)).size).toBe(1);
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
