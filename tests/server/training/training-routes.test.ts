import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EngineError } from '../../../src/server/engine/engine-error.js';
import { openTestApi, passRequest, stepRequest, type TestApi } from '../../support/local-api.js';
import { settle } from '../../support/manual-clock.js';

const pass = '/api/v1/forward_backward';
const step = '/api/v1/optim_step';

let server: TestApi;
let modelId: string;
beforeEach(async () => {
  server = await openTestApi();
  ({ modelId } = await server.openModel());
  server.engine.calls.length = 0;
});
afterEach(async () => {
  await server.close();
});

const work = (): string[] => server.engine.calls.map((call) => call.replace(` ${modelId}`, ''));

describe('addTrainingRoutes', () => {
  it('answers a pass with one record per datum', async () => {
    const requestId = await server.submit(pass, passRequest(modelId, 1));
    expect(await server.poll(requestId)).toEqual({
      status: 200,
      body: {
        loss_fn_output_type: 'ArrayRecord',
        loss_fn_outputs: [{ logprobs: { data: [-0.5, -0.5, -0.5], dtype: 'float32', shape: [3] } }],
        metrics: { 'loss:sum': 0.5 },
      },
    });
  });

  it('answers an optimizer step with its metrics', async () => {
    const requestId = await server.submit(step, stepRequest(modelId, 1));
    expect((await server.poll(requestId)).body).toEqual({ metrics: { step: 1, grad_norm: 0.5 } });
  });

  it('runs a forward pass that leaves the gradients alone', async () => {
    const requestId = await server.submit('/api/v1/forward', passRequest(modelId, 1, [1], 'forward'));
    expect((await server.poll(requestId)).body['metrics']).toEqual({ 'loss:sum': 0.5 });
    expect(work()).toEqual(['forward']);
  });

  it('executes by number when chunk 1 comes last', async () => {
    for (const seqId of [2, 3]) await server.submit(pass, passRequest(modelId, seqId));
    await server.submit(step, stepRequest(modelId, 4));
    expect(work()).toEqual([]);
    await server.submit('/api/v1/forward', passRequest(modelId, 1, [1], 'forward'));
    await settle();
    expect(work()).toEqual(['forward', 'forwardBackward', 'forwardBackward', 'optimStep']);
  });

  it('gives the same future for the same request again, whatever the order of its keys', async () => {
    const body = stepRequest(modelId, 1);
    const reordered = Object.fromEntries(Object.entries(body).reverse());
    const first = await server.submit(step, body);
    expect(await server.submit(step, body)).toBe(first);
    await server.poll(first);
    expect(await server.submit(step, reordered)).toBe(first);
    expect(work()).toEqual(['optimStep']);
  });

  it('refuses another request with a number that was used', async () => {
    await server.submit(step, stepRequest(modelId, 1));
    const answers = [await server.post(step, stepRequest(modelId, 1, 0.5)), await server.post(pass, passRequest(modelId, 1))];
    for (const { status, body } of answers) {
      expect([status, body]).toEqual([409, { detail: expect.stringContaining('seq_id 1: sequence number reused') as unknown }]);
    }
  });

  it('skips a number that does not come, and says so', async () => {
    const late = await server.submit(step, stepRequest(modelId, 3));
    server.clock.advance(30_000);
    expect((await server.poll(late)).status).toBe(200);
    const health = await (await server.request('GET', '/api/v1/healthz')).json();
    expect(health).toMatchObject({ local: { skipped: [{ model_id: modelId, seq_id: 1 }, { model_id: modelId, seq_id: 2 }] } });
    expect(server.log).toEqual([`model ${modelId}: seq_id 1 to 2 did not come within 30000 ms and is skipped`]);
    const over = await server.submit(step, stepRequest(modelId, 2));
    expect((await server.poll(over)).body).toEqual({
      error: 'seq_id 2 came after its turn: the server had stopped waiting for it and went on. Nothing was executed.',
      category: 'server',
    });
    expect(work()).toEqual(['optimStep']);
  });

  it('does not wait for a number that it refused itself', async () => {
    expect((await server.post(pass, { model_id: modelId, seq_id: 1 })).status).toBe(422);
    await server.submit(step, stepRequest(modelId, 2));
    await settle();
    expect(work()).toEqual(['optimStep']);
  });

  it('executes requests without a number in order of arrival', async () => {
    await server.submit(pass, passRequest(modelId, undefined));
    await server.submit(step, stepRequest(modelId, undefined));
    await settle();
    expect(work()).toEqual(['forwardBackward', 'optimStep']);
  });

  it('goes on after a failed operation', async () => {
    server.engine.failures.push(new EngineError('user', 'Datum 0: the token at position 1 is 99'));
    const failed = await server.submit(pass, passRequest(modelId, 1));
    const next = await server.submit(step, stepRequest(modelId, 2));
    expect(await server.poll(failed)).toEqual({ status: 200, body: { error: 'Datum 0: the token at position 1 is 99', category: 'user' } });
    expect((await server.poll(next)).body).toEqual({ metrics: { step: 1, grad_norm: 0.5 } });
  });

  it('calls a failure that the engine cannot explain the server\'s, and logs it', async () => {
    server.engine.failures.push(new Error('out of memory'));
    const failed = await server.submit(step, stepRequest(modelId, 1));
    expect((await server.poll(failed)).body).toEqual({ error: 'optim_step failed in the server: out of memory. The server\'s log has the details.', category: 'server' });
    expect(server.log.join()).toContain('out of memory');
  });

  it('does not know a model that was never created', async () => {
    expect(await server.post(step, stepRequest('none:train:0', 1))).toEqual({
      status: 404,
      body: { detail: 'Model not found: none:train:0. Create a model first.' },
    });
  });

  it.each([0, -1])('refuses the number %d', async (seqId) => {
    expect(await server.post(step, stepRequest(modelId, seqId))).toEqual({
      status: 422,
      body: { detail: `seq_id: got ${seqId}, expected a whole number from 1` },
    });
  });

  it('keeps the order of two models apart', async () => {
    const other = (await server.openModel(1)).modelId;
    await server.submit(step, stepRequest(modelId, 2));
    const requestId = await server.submit(step, stepRequest(other, 1));
    expect((await server.poll(requestId)).status).toBe(200);
    expect(work()).toEqual([`createModel ${other}`, `optimStep ${other}`]);
  });
});
