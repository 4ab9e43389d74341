import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import { EngineError } from '../../../src/server/engine/engine-error.js';
import { decodeSampleResponse } from '../../../src/wire/sample-proto.js';
import { openTestApi, type Answer, type TestApi } from '../../support/local-api.js';

const path = '/api/v1/asample';

let server: TestApi;
let sessionId: string;
let samplerId: string;

beforeEach(async () => {
  server = await openTestApi();
  const session = await server.post('/api/v1/create_session', { tags: [], user_metadata: {}, sdk_version: 'test' });
  sessionId = String(session.body['session_id']);
  const answer = await server.post('/api/v1/create_sampling_session', { session_id: sessionId, sampling_session_seq_id: 0, base_model: 'fake/one' });
  samplerId = String(answer.body['sampling_session_id']);
});

afterEach(async () => {
  await server.close();
});

function request(more: object = {}, params: object = {}): object {
  return {
    num_samples: 1,
    prompt: { chunks: [{ tokens: [1, 2], type: 'encoded_text' }] },
    sampling_params: { max_tokens: 2, ...params },
    sampling_session_id: samplerId,
    seq_id: 0,
    type: 'sample',
    ...more,
  };
}

const submitted = async (more: object = {}, params: object = {}): Promise<string> => await server.submit(path, request(more, params));
const drawn = async (more: object = {}, params: object = {}): Promise<Answer> => await server.poll(await submitted(more, params));

describe('cancel_future', () => {
  it('ends a sample that is being drawn, and no other', async () => {
    const release = server.engine.hold();
    const [unwanted, wanted] = [await submitted(), await submitted({ seq_id: 1 })];
    expect((await server.request('POST', '/api/v1/cancel_future', { request_id: unwanted })).status).toBe(204);
    expect((await server.poll(unwanted)).body).toEqual({ error: 'The sample was cancelled by its client.', category: 'user' });
    release();
    expect((await server.poll(wanted)).body).toHaveProperty('sequences');
  });

  it.each(['none', 7])('takes any request id, and nothing else: %j', async (requestId) => {
    const { status } = await server.request('POST', '/api/v1/cancel_future', { request_id: requestId });
    expect(status).toBe(requestId === 'none' ? 204 : 422);
  });

  it('leaves what is drawn as it is', async () => {
    const requestId = await submitted();
    const drawn = await server.poll(requestId);
    await server.request('POST', '/api/v1/cancel_future', { request_id: requestId });
    expect(await server.poll(requestId)).toEqual(drawn);
  });
});

describe('asample', () => {
  it('answers in JSON', async () => {
    expect(await drawn({ num_samples: 2, prompt_logprobs: true, topk_prompt_logprobs: 1 })).toEqual({
      status: 200,
      body: {
        sequences: [
          { stop_reason: 'length', tokens: [1, 2], logprobs: [-0.25, -0.25] },
          { stop_reason: 'length', tokens: [1, 2], logprobs: [-0.25, -0.25] },
        ],
        prompt_logprobs: [null, -0.5],
        topk_prompt_logprobs: [null, [[2, -0.5]]],
        prompt_cache_hit_tokens: 0,
      },
    });
  });

  it('names each sequence when it takes a request, and again when it comes again', async () => {
    const taken = await server.post(path, request({ num_samples: 3 }));
    const requestId = String(taken.body['request_id']);
    expect(taken.body).toEqual({ request_id: requestId, sample_sequence_ids: [`${requestId}.0`, `${requestId}.1`, `${requestId}.2`] });
    expect(await server.post(path, request({ num_samples: 3 }))).toEqual(taken);
  });

  it('answers in protobuf when the poll takes it', async () => {
    const requestId = await submitted();
    const response = await server.request('POST', '/api/v1/retrieve_future', { request_id: requestId }, { accept: 'application/x-protobuf' });
    expect(response.headers.get('content-type')).toBe('application/x-protobuf');
    expect(decodeSampleResponse(new Uint8Array(await response.arrayBuffer()))).toEqual(
      E.right({ sequences: [{ stopReason: 'length', tokens: Int32Array.of(1, 2), logprobs: Float32Array.of(-0.25, -0.25) }], promptCacheHitTokens: 0 }),
    );
  });

  it('takes numbers of 64 bits exactly', async () => {
    const text = JSON.stringify(request({ seq_id: 'SEQ' }, { seed: 'SEED' })).replace('"SEQ"', '900000000000000001').replace('"SEED"', '18446744073709551615');
    const first: unknown = await (await server.request('POST', path, text)).json();
    expect(await (await server.request('POST', path, text)).json()).toEqual(first);
    expect(await (await server.request('POST', path, text.replace('0001,', '0002,'))).json()).not.toEqual(first);
    expect(server.engine.samples.map(({ work }) => work.seed)).toEqual([2n ** 64n - 1n, 2n ** 64n - 1n]);
  });

  it('gives the same request the same future, and refuses another with its number', async () => {
    const first = await submitted();
    expect(await submitted()).toBe(first);
    expect(await submitted({ seq_id: 1 })).not.toBe(first);
    expect(await server.post(path, request({ num_samples: 2 }))).toEqual({
      status: 400,
      body: { detail: 'seq_id 0: this sampling session got another request with this number; a new request needs a number of its own.' },
    });
    expect(server.engine.samples).toHaveLength(2);
  });

  it('draws a random seed when none is given', async () => {
    await drawn();
    await drawn({ seq_id: 1 });
    const [first, second] = server.engine.samples.map(({ work }) => work.seed);
    expect(first).not.toBe(second);
  });

  it('does not wait for other samples or for the model', async () => {
    const release = server.engine.hold();
    const slow = await submitted();
    expect((await server.pollPending(slow)).body).toMatchObject({ type: 'try_again' });
    release();
    expect((await server.poll(slow)).body).toHaveProperty('sequences');
  });

  it('hands on why a sample failed, and logs what is not the engine’s', async () => {
    server.engine.failures.push(new EngineError('user', 'The checkpoint is gone.'), new Error('boom'));
    expect((await drawn()).body).toEqual({ error: 'The checkpoint is gone.', category: 'user' });
    expect((await drawn({ seq_id: 1 })).body).toEqual({ error: "Sampling failed in the server: boom. The server's log has the details.", category: 'server' });
    expect(server.log.at(-1)).toContain('boom');
  });

  it('is noted in ledger, trace and usage', async () => {
    await drawn({ num_samples: 3 });
    expect(server.api.ledger.report(samplerId).operations).toEqual([
      expect.objectContaining({ modelId: samplerId, seqId: 0, kind: 'sample', outcome: 'done' }),
    ]);
    expect(server.api.ledger.trace.ofSession(sessionId)).toEqual([expect.objectContaining({ on: samplerId, kind: 'sample', seqId: 0 })]);
    const used = server.api.usage.between(0, Infinity, []).map(({ type, amount }) => [type, amount]);
    expect(Object.fromEntries(used)).toEqual({ sampling_prefill: 2, sampling_sample: 6 });
  });

  it('keeps its session alive', async () => {
    const half = server.api.options.sessionTimeoutMs / 2 + 1;
    server.clock.advance(half);
    await drawn();
    server.clock.advance(half);
    expect((await server.post(path, request({ seq_id: 1 }))).status).toBe(200);
  });

  it('asks its client to slow down when very many wait', async () => {
    const release = server.engine.hold();
    for (let n = 0; n < 4096; n += 1) await submitted({ seq_id: n });
    const response = await server.request('POST', path, request({ seq_id: 4096 }));
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1']);
    release();
    await server.poll(await submitted({ seq_id: 0 }));
    expect((await server.post(path, request({ seq_id: 4096 }))).status).toBe(200);
  });

  it.each([
    [{ sampling_session_id: null }, 400, 'sampling_session_id: missing; open a sampling session with create_sampling_session and name it.'],
    [{ seq_id: null }, 400, 'seq_id: missing; number the requests of a sampling session from 0.'],
    [{ sampling_session_id: 's:sample:0' }, 404, 'Sampling session not found: s:sample:0.'],
    [{ num_samples: 0 }, 400, 'num_samples: got 0, expected a whole number from 1 to 1024.'],
    [{ seq_id: -1 }, 422, 'seq_id'],
  ])('refuses %j at once', async (more, status, text) => {
    expect(await server.post(path, request(more))).toEqual({ status, body: { detail: expect.stringContaining(text) as unknown } });
  });
});
