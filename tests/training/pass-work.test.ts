import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import nock from 'nock';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ByteBudget } from '../../src/machines/byte-budget.js';
import type { SendContext } from '../../src/machines/work.js';
import type { EncodingOption } from '../../src/training/encoding-choice.js';
import { PassEncoder } from '../../src/training/pass-encoder.js';
import { passWork, type PassSender } from '../../src/training/pass-work.js';
import { ModelInput, type EncodableDatum } from '../../src/types/data.js';
import { defaultClientConfig } from '../../src/types/service.js';
import { TensorData } from '../../src/types/tensor.js';
import { splitIntoChunks } from '../../src/wire/chunking.js';
import { encodePassOutput } from '../../src/wire/pass-output-writer.js';
import { decodePassRequest } from '../../src/wire/pass-request-proto.js';
import { compressZstd } from '../../src/wire/zstd.js';
import { factsOf, leftOf, rightOf } from '../support/codec.js';
import { httpTo, origin, recorded } from '../support/exchange.js';
import { toHex } from '../support/hex.js';

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

function newSender(option: EncodingOption = 'json', more: Partial<PassSender> = {}): PassSender {
  let keys = 0;
  return {
    http: httpTo(),
    modelId: 'S1:train:0',
    limits: defaultClientConfig,
    encoder: new PassEncoder(option, false),
    dispatchBudget: new ByteBudget(1000),
    newIdempotencyKey: () => {
      keys += 1;
      return `key-${keys}`;
    },
    ...more,
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

describe('a pass', () => {
  const data = [datum(1), datum(3), datum(5)];
  const pass = { data, lossFn: 'ppo', lossFnConfig: { clip_low_threshold: 0.9 }, forwardOnly: false };
  const chunked = (forwardOnly = false) =>
    passWork(newSender(), { ...pass, forwardOnly }, splitIntoChunks(data, { length: 2, bytes: 5_000_000 }));

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

  it('sends the same bytes under the same key, whatever became of the data since', async () => {
    const scope = nock(origin).post('/api/v1/forward_backward').reply(503, '').post('/api/v1/forward_backward').reply(200, { request_id: 'r' });
    const sent = recorded(scope);
    const weights = Float32Array.of(1);
    const data = [{ modelInput: ModelInput.fromInts([1]), lossFnInputs: { weights: new TensorData(weights) } }];
    const pass = { data, lossFn: 'cross_entropy', lossFnConfig: undefined, forwardOnly: false };
    const { work } = passWork(newSender(), pass, splitIntoChunks(data, { length: 2, bytes: 100 }));
    expect(leftOf(await work.send(attempt({ seqId: 7 })))).toMatchObject({ verdict: 'transient', mayBeTaken: true });
    weights.fill(9);
    expect(rightOf(await work.send(attempt({ seqId: 7, retryCount: 1 })))).toBe('r');
    const [first, second] = sent;
    expect(second?.text).toBe(first?.text);
    expect(first?.text).toContain('"weights":{"data":[1]');
    expect(sent.map(({ headers }) => [headers['x-idempotency-key'], headers['x-stainless-retry-count']])).toEqual([['key-1', '0'], ['key-1', '1']]);
  });
});

describe('the chunks of a pass', () => {
  const weights = [1, 2, 3].map((weight) => Float32Array.of(weight));
  const data = weights.map((values) => ({ modelInput: ModelInput.fromInts([1]), lossFnInputs: { weights: new TensorData(values) } }));
  const pass = { data, lossFn: 'cross_entropy', lossFnConfig: undefined, forwardOnly: false };
  const chunks = splitIntoChunks(data, { length: 1, bytes: 100 });

  it('are written one after the other, so that each can leave before the next is written', async () => {
    const sent: string[] = [];
    const fetch: typeof globalThis.fetch = async (input, init) => {
      sent.push(await new Request(input, init).text());
      return Response.json({ request_id: 'r' });
    };
    const { work } = passWork(newSender('json', { http: httpTo({ fetch }) }), pass, chunks);
    const sending = [...chunks.keys()].map((part) => work.send(attempt({ part, seqId: part + 1 })));
    await nextTurn();
    await nextTurn();
    // A body holds what was in the data when it was written.
    for (const values of weights) values.fill(9);
    await Promise.all(sending);
    expect(sent.map((text) => /"data":\[(\d)\]/.exec(text)?.[1]).sort()).toEqual(['1', '9', '9']);
  });

  it('are let go one by one, as soon as each is taken', async () => {
    const scope = nock(origin).post('/api/v1/forward_backward').twice().reply(200, { request_id: 'r' });
    const sent = recorded(scope);
    const { work } = passWork(newSender(), pass, chunks);
    weights[0]?.fill(1);
    rightOf(await work.send(attempt()));
    weights[0]?.fill(2);
    rightOf(await work.send(attempt({ retryCount: 1 })));
    expect(sent.map(({ text }) => /"data":\[(\d)\]/.exec(text)?.[1])).toEqual(['1', '2']);
  });
});

describe('a pass in protobuf', () => {
  const data = [datum(1), datum(3)];
  const pass = { data, lossFn: 'cross_entropy', lossFnConfig: undefined, forwardOnly: true };
  const work = (sender: PassSender) => passWork(sender, pass, splitIntoChunks(data, { length: 2, bytes: 1000 }));

  it('goes to one endpoint whether or not the gradients are left alone, the same bytes each time', async () => {
    const sent: Request[] = [];
    const fetch: typeof globalThis.fetch = async (input, init) => {
      sent.push(new Request(input, init));
      return Promise.resolve(Response.json({ request_id: 'r' }));
    };
    const { work: sending } = work(newSender('protobuf', { http: httpTo({ fetch }) }));
    expect(rightOf(await sending.send(attempt({ seqId: 7 })))).toBe('r');
    expect(rightOf(await sending.send(attempt({ seqId: 7, retryCount: 1 })))).toBe('r');
    expect(sent.map(({ url, headers }) => [url, headers.get('content-type')])).toEqual(
      [0, 1].map(() => [`${origin}/api/v1/forward_backward`, 'application/x-protobuf']),
    );
    const bodies = await Promise.all(sent.map(async (request) => new Uint8Array(await request.arrayBuffer())));
    expect(bodies.map((body) => rightOf(decodePassRequest(body)))).toEqual([0, 1].map(() => ({ pass, modelId: 'S1:train:0', seqId: 7 })));
    expect(new Set(bodies.map(toHex)).size).toBe(1);
  });

  it('is compressed where the server wants that and this Node can', async () => {
    const sent: Request[] = [];
    const fetch: typeof globalThis.fetch = (input, init) => {
      sent.push(new Request(input, init));
      return Promise.resolve(Response.json({ request_id: 'r' }));
    };
    for (const protoCompressFwdbwd of [false, true]) {
      const limits = { ...defaultClientConfig, protoCompressFwdbwd };
      rightOf(await work(newSender('protobuf', { http: httpTo({ fetch }), limits })).work.send(attempt()));
    }
    const compressed = compressZstd(Uint8Array.of(1)) === undefined ? null : 'zstd';
    expect(sent.map(({ headers }) => headers.get('content-encoding'))).toEqual([null, compressed]);
  });

  it('takes its result in protobuf and in JSON', () => {
    const result = { lossFnOutputType: 'ArrayRecord', lossFnOutputs: [{ logprobs: new TensorData(Float32Array.of(-0.5)) }, {}], metrics: { 'loss:sum': 0.5 } };
    const binary = work(newSender('protobuf'));
    rightOf(binary.work.receive(0, encodePassOutput({ ...result, lossFnOutputs: result.lossFnOutputs.slice(0, 1) })));
    expect(rightOf(binary.result())).toEqual({ ...result, lossFnOutputs: result.lossFnOutputs.slice(0, 1) });
    const json = work(newSender('protobuf'));
    rightOf(json.work.receive(0, { loss_fn_outputs: [{ logprobs: { data: [-0.5], dtype: 'float32' } }, {}], metrics: { 'loss:sum': 0.5 } }));
    expect(rightOf(json.result())).toEqual(result);
  });

  it('calls a result that cannot be read malformed', () => {
    expect(factsOf(leftOf(work(newSender('protobuf')).work.receive(0, Uint8Array.of(255))))).toMatchObject({ kind: 'malformedResponse' });
  });
});

describe('room for chunks on their way', () => {
  const data = [datum(1)];
  const pass = { data, lossFn: 'cross_entropy', lossFnConfig: undefined, forwardOnly: false };
  const chunks = splitIntoChunks(data, { length: 1, bytes: 1000 });

  it('is taken while a chunk is being sent, and given back whatever comes of it', async () => {
    const dispatchBudget = new ByteBudget(1000);
    const seen: number[] = [];
    const see = () => { seen.push(dispatchBudget.balance); return true; };
    nock(origin).post('/api/v1/forward_backward', see).reply(200, { request_id: 'r' }).post('/api/v1/forward_backward', see).reply(400, { detail: 'no' });
    const { work } = passWork(newSender('json', { dispatchBudget }), pass, chunks);
    await work.send(attempt());
    await work.send(attempt());
    expect(seen).toEqual([988, 988]);
    expect(dispatchBudget.balance).toBe(1000);
  });

  it('is waited for until others leave, and no longer than anybody wants it', async () => {
    const dispatchBudget = new ByteBudget(10);
    const leave = await dispatchBudget.reserve(11);
    const scope = nock(origin).post('/api/v1/forward_backward').reply(200, { request_id: 'r' });
    const { work } = passWork(newSender('json', { dispatchBudget }), pass, chunks);
    const abort = new AbortController();
    const given = work.waits?.(0)?.(abort.signal);
    abort.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    const waiting = work.waits?.(0)?.(new AbortController().signal);
    expect(waiting).toBeInstanceOf(Promise);
    leave();
    await waiting;
    expect(dispatchBudget.balance).toBe(10);
    expect(work.waits?.(0)).toBeUndefined();
    expect(scope.isDone()).toBe(false);
    expect(rightOf(await work.send(attempt()))).toBe('r');
    expect(dispatchBudget.balance).toBe(10);
    expect(work.waits?.(1)).toBeUndefined();
  });
});
