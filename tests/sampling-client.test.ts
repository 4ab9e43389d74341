import { describe, expect, it } from '@jest/globals';
import { ModelInput } from '../src/types/data.js';
import { encodeSampleResponse } from '../src/wire/sample-writer.js';
import { rejection } from './support/clients.js';
import { json } from './support/scripted-server.js';
import { input, scriptedSampling } from './support/sampling.js';
import { settle } from './support/simulated.js';

describe('SamplingClient.sample', () => {
  it('sends what the official client sends', async () => {
    const { server, sampling } = await scriptedSampling();
    await sampling.sample({ prompt: [5, 6], numSamples: 2, samplingParams: { maxTokens: 4, seed: 7, stop: ['x'] } });
    const [request] = server.to('asample');
    // Wire protocol, Appendix B.
    expect(request?.text).toBe(
      '{"num_samples":2,"prompt":{"chunks":[{"tokens":[5,6],"type":"encoded_text"}]},"sampling_params":{"max_tokens":4,"seed":7,"stop":["x"],"temperature":1,"top_k":-1,"top_p":1},"sampling_session_id":"S:sample:0","seq_id":0,"prompt_logprobs":false,"topk_prompt_logprobs":0,"type":"sample"}',
    );
    expect(request?.headers.get('x-tinker-sampling-backpressure')).toBe('1');
    expect(server.to('retrieve_future')[0]?.headers.get('x-tinker-request-type')).toBe('Sample');
  });

  it('gives what the server drew, in the JSON dialect', async () => {
    const { sampling } = await scriptedSampling();
    const operation = sampling.sample(input);
    await expect(operation).resolves.toEqual({
      sequences: [{ stopReason: 'stop', tokens: Int32Array.of(5, 6), logprobs: Float32Array.of(-0.5, -1) }],
      promptLogprobs: [null, -0.25],
      promptCacheHitTokens: 0,
    });
    expect([operation.status, operation.seqId, operation.requestId]).toEqual(['done', 0, 'r1']);
  });

  it('gives what the server drew, in protobuf', async () => {
    const { server, sampling } = await scriptedSampling();
    const drawn = { sequences: [{ stopReason: 'unknown(7)', tokens: Int32Array.of(9) }], promptCacheHitTokens: 3 };
    server.next('retrieve_future', () => new Response(encodeSampleResponse(drawn), { headers: { 'Content-Type': 'application/x-protobuf' } }));
    await expect(sampling.sample(input)).resolves.toEqual(drawn);
    expect(server.to('retrieve_future')[0]?.headers.get('accept')).toContain('application/x-protobuf');
  });

  it('writes a seed of 64 bits digit for digit, and one text as a list', async () => {
    const { server, sampling } = await scriptedSampling();
    await sampling.sample({ prompt: ModelInput.fromInts([1]), samplingParams: { seed: 2n ** 64n - 1n, stop: 'end', temperature: 0, topK: 5, topP: 0.5 } });
    expect(server.to('asample')[0]?.text).toContain(
      '"sampling_params":{"seed":18446744073709551615,"stop":["end"],"temperature":0,"top_k":5,"top_p":0.5}',
    );
  });

  it('numbers calls from 0 in their order, and sends them side by side', async () => {
    const { server, sampling, seqIds } = await scriptedSampling();
    server.times(3, 'retrieve_future', () => new Promise<Response>(() => undefined));
    const operations = [sampling.sample(input), sampling.sample(input), sampling.computeLogprobs([1])];
    await settle();
    expect(seqIds()).toEqual([0, 1, 2]);
    expect(operations.map(({ status, seqId }) => [status, seqId])).toEqual([['polling', 0], ['polling', 1], ['polling', 2]]);
    sampling.close();
    await Promise.all(operations.map(rejection));
  });

  it('refuses bad input before anything is sent', async () => {
    const { server, sampling } = await scriptedSampling();
    expect(await rejection(sampling.sample({ ...input, numSamples: 0 }))).toMatchObject({
      kind: 'validation',
      field: 'numSamples',
      message: 'numSamples: got 0, expected a whole number, 1 or more',
      operationId: expect.stringMatching(/^sample-\d+$/),
    });
    expect(server.to('asample')).toEqual([]);
    await sampling.sample(input);
    expect(server.to('asample').map(({ body }) => body['seq_id'])).toEqual([0]);
  });

  it('fails with what the server says, and is not asked for anew', async () => {
    const { server, sampling, seqIds } = await scriptedSampling();
    server.next('retrieve_future', () => json({ error: 'too long', category: 'user' }));
    expect(await rejection(sampling.sample(input))).toMatchObject({
      kind: 'requestFailed',
      category: 'user',
      message: expect.stringContaining('too long'),
      seqId: 0,
      requestId: 'r1',
    });
    expect(seqIds()).toEqual([0]);
    expect(sampling.getSnapshot()).toMatchObject({ counters: { done: 0, failed: 1, cancelled: 0 }, lastError: { kind: 'requestFailed' } });
  });

  it('fails when the server takes the request without a name, or draws nothing readable', async () => {
    const { server, sampling } = await scriptedSampling({ client: { retryConfig: { enableRetryLogic: false } } });
    server.next('retrieve_future', () => json({ sequences: 'none' }));
    expect(await rejection(sampling.sample(input))).toMatchObject({ kind: 'malformedResponse', message: expect.stringContaining('sequences') });
    server.next('asample', () => json({ detail: 'no' }, 422));
    expect(await rejection(sampling.sample(input))).toMatchObject({ kind: 'http', status: 422, attempts: 1, seqId: 1 });
  });

  it('tells onError once of a call that nobody awaits', async () => {
    const { server, sampling, unobserved } = await scriptedSampling();
    server.next('asample', () => json({ detail: 'no' }, 403));
    sampling.sample(input);
    await settle();
    expect(unobserved).toMatchObject([{ kind: 'http', status: 403 }]);
  });
});

describe('SamplingClient.computeLogprobs', () => {
  it('sends what the official client sends, and gives the log-probabilities of the prompt', async () => {
    const { server, sampling } = await scriptedSampling();
    await expect(sampling.computeLogprobs(Int32Array.of(1, 2))).resolves.toEqual([null, -0.25]);
    expect(server.to('asample')[0]?.text).toBe(
      '{"num_samples":1,"prompt":{"chunks":[{"tokens":[1,2],"type":"encoded_text"}]},"sampling_params":{"max_tokens":1,"temperature":1,"top_k":-1,"top_p":1},"sampling_session_id":"S:sample:0","seq_id":0,"prompt_logprobs":true,"topk_prompt_logprobs":0,"type":"sample"}',
    );
  });

  it('fails when the server gives none', async () => {
    const { server, sampling } = await scriptedSampling();
    server.next('asample', (request) => server.accept(request, { sequences: [] }));
    expect(await rejection(sampling.computeLogprobs([1]))).toMatchObject({
      kind: 'malformedResponse',
      message: 'the server gave no log-probabilities of the prompt',
    });
  });
});

describe('SamplingClient', () => {
  it('looks up what it samples from', async () => {
    const { server, sampling } = await scriptedSampling();
    const sampler = { sampler_id: 'S:sample:0', base_model: 'base', model_path: 'tinker://r/sampler_weights/a' };
    server.times(2, 'samplers/S:sample:0', () => json(sampler));
    await expect(sampling.getSampler()).resolves.toEqual({ samplerId: 'S:sample:0', baseModel: 'base', modelPath: 'tinker://r/sampler_weights/a' });
    await expect(sampling.getBaseModel()).resolves.toBe('base');
    expect(server.to('samplers/S:sample:0').map(({ method }) => method)).toEqual(['GET', 'GET']);
  });

  it('shows what it does, without tokens', async () => {
    const { server, sampling } = await scriptedSampling();
    const idle = {
      samplingSessionId: 'S:sample:0',
      state: 'idle',
      gate: 'open',
      waiting: 0,
      inFlight: 0,
      nextSeqId: 0,
      counters: { done: 0, failed: 0, cancelled: 0 },
      resubmitted: 0,
      lastError: undefined,
    };
    expect(sampling.getSnapshot()).toEqual(idle);
    server.next('retrieve_future', () => new Promise<Response>(() => undefined));
    const operation = sampling.sample(input);
    await settle();
    expect(sampling.getSnapshot()).toEqual({ ...idle, state: 'busy', inFlight: 1, nextSeqId: 1 });
    operation.cancel();
    await settle();
    expect(sampling.getSnapshot()).toEqual({ ...idle, nextSeqId: 1, counters: { done: 0, failed: 0, cancelled: 1 } });
  });
});
