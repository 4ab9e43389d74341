import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FaultRule } from '../../../src/server/faults/fault-rule.js';
import { FaultInjector } from '../../../src/server/faults/faults.js';
import { encodePassRequest, protobufType } from '../../../src/wire/pass-proto.js';
import { openTestApi, stepRequest, type TestApi } from '../../support/local-api.js';
import { settle } from '../../support/manual-clock.js';

describe('FaultInjector', () => {
  it('applies a rule once to the first request by default', () => {
    const faults = new FaultInjector();
    faults.add({ endpoint: 'optim_step', action: 'reset' });
    expect([1, 2].map(() => faults.take('optim_step')?.action)).toEqual(['reset', undefined]);
  });

  it('applies a rule from the nth request on, as often as it says', () => {
    const faults = new FaultInjector();
    faults.add({ endpoint: '/api/v1/optim_step', nth: 2, count: 2, action: 'expired' });
    expect([1, 2, 3, 4].map(() => faults.take('optim_step')?.action)).toEqual([undefined, 'expired', 'expired', undefined]);
  });

  it('leaves other endpoints alone, unless it means all', () => {
    const faults = new FaultInjector();
    faults.add({ endpoint: 'optim_step', action: 'reset' });
    expect(faults.take('save_weights')).toBeUndefined();
    faults.add({ endpoint: '*', action: 'dropAnswer' });
    expect(faults.take('save_weights')?.action).toBe('dropAnswer');
  });

  it('counts a request for every rule that it meets; the oldest due one wins', () => {
    const faults = new FaultInjector();
    faults.add({ endpoint: 'optim_step', action: 'reset' });
    const second = faults.add({ endpoint: 'optim_step', nth: 2, action: 'billing' });
    expect([1, 2].map(() => faults.take('optim_step')?.action)).toEqual(['reset', 'billing']);
    expect(faults.list()).toEqual([
      { endpoint: 'optim_step', action: 'reset', id: 'fault-1', seen: 2 },
      { endpoint: 'optim_step', nth: 2, action: 'billing', id: second, seen: 2 },
    ]);
  });

  it.each([
    [undefined, 'rule: got undefined, expected an object with endpoint and action'],
    [[], 'rule: got an array of 0, expected an object with endpoint and action'],
    [{ endpoint: 5 }, 'rule.endpoint: got 5, expected a path, what follows /api/v1/ in one, or "*"'],
    [{ endpoint: '*' }, 'rule.action: got undefined, expected one of dropAnswer, reset, delay,'],
    [{ endpoint: '*', action: 'delay' }, 'rule.ms: got undefined, expected a whole number'],
    [{ endpoint: '*', action: 'delay', ms: -1 }, 'rule.ms: got -1, expected a whole number from 0 to 2147483647'],
    [{ endpoint: '*', action: 'paused', state: 'tired' }, 'rule.state: got "tired", expected '],
    [{ endpoint: '*', action: 'reset', nth: 'first' }, 'rule.nth: got "first", expected a whole number'],
    [{ endpoint: '*', action: 'reset', nth: 0 }, 'rule.nth: got 0, expected a whole number from 1 to'],
    [{ endpoint: '*', action: 'status', status: 5 }, 'rule.status: got 5, expected a whole number from 200 to 599'],
    [{ endpoint: '*', action: 'status', status: 204 }, 'rule.status: got 204, expected a status whose answers have a body'],
    [{ endpoint: '*', action: 'status', status: 429, headers: { 'no name': '1' } }, 'rule: no answer can be made of its body and headers: '],
    [{ endpoint: '*', action: 'wrongShape', body: 5n }, 'rule: no answer can be made of its body and headers: '],
    [{ endpoint: '*', action: 'wrongShape', body: () => 5 }, 'rule: no answer can be made of its body and headers: '],
  ])('refuses the rule %p', (rule, text) => {
    const faults = new FaultInjector();
    expect(() => {
      Reflect.apply(faults.add.bind(faults), undefined, [rule]);
    }).toThrow(
      expect.objectContaining({ kind: 'validation', message: expect.stringContaining(text) as unknown }),
    );
    expect(faults.list()).toEqual([]);
  });

  it('keeps a rule as it was when it was added', () => {
    const faults = new FaultInjector();
    const rule: { endpoint: string; action: 'reset' } = { endpoint: 'optim_step', action: 'reset' };
    faults.add(rule);
    rule.endpoint = 'save_weights';
    expect(faults.take('optim_step')?.action).toBe('reset');
  });

  it('forgets rules', () => {
    const faults = new FaultInjector();
    const id = faults.add({ endpoint: '*', action: 'reset' });
    expect([faults.remove(id), faults.remove(id)]).toEqual([true, false]);
    faults.add({ endpoint: '*', action: 'reset' });
    faults.clear();
    expect(faults.take('healthz')).toBeUndefined();
  });
});

describe('injectFaults', () => {
  const step = '/api/v1/optim_step';
  let server: TestApi;
  let modelId: string;
  beforeEach(async () => {
    server = await openTestApi();
    ({ modelId } = await server.openModel());
  });
  afterEach(async () => {
    await server.close();
  });
  const executed = (): number => server.engine.calls.filter((call) => call.startsWith('optimStep')).length;

  it('answers with a status, a body and headers instead of handling', async () => {
    server.api.faults.add({ endpoint: 'optim_step', action: 'status', status: 503, body: { detail: 'later' }, headers: { 'retry-after': '2' } });
    const response = await server.request('POST', step, stepRequest(modelId, 1));
    expect([response.status, await response.json(), response.headers.get('retry-after')]).toEqual([503, { detail: 'later' }, '2']);
    await settle();
    expect(executed()).toBe(0);
    await server.poll(await server.submit(step, stepRequest(modelId, 1)));
    expect(executed()).toBe(1);
  });

  it('counts a number as answered after a definite status, not after one that is sent again', async () => {
    server.api.faults.add({ endpoint: 'optim_step', action: 'status', status: 429 });
    server.api.faults.add({ endpoint: 'optim_step', nth: 2, action: 'status', status: 400 });
    expect([(await server.post(step, stepRequest(modelId, 1))).status, (await server.post(step, stepRequest(modelId, 2))).status]).toEqual([429, 400]);
    await server.submit(step, stepRequest(modelId, 3));
    await settle();
    expect(executed()).toBe(0);
    await server.submit(step, stepRequest(modelId, 1));
    await settle();
    expect(executed()).toBe(2);
  });

  it.each([
    [{ action: 'malformedJson' }, 200, '{"request_id": "cut'],
    [{ action: 'malformedProtobuf' }, 200, '\n\u007f\u0000'],
    [{ action: 'wrongShape' }, 200, '{"unexpected":true}'],
    [{ action: 'wrongShape', body: { request_id: 5 } }, 200, '{"request_id":5}'],
  ] as const)('handles the request and garbles the answer: %j', async (action, status, text) => {
    server.api.faults.add({ endpoint: 'optim_step', ...action });
    const response = await server.request('POST', step, stepRequest(modelId, 1));
    expect([response.status, await response.text(), response.headers.get('content-length')]).toEqual([status, text, String(text.length)]);
    await settle();
    expect(executed()).toBe(1);
  });

  it.each([
    [{ action: 'billing' }, 402, { detail: 'Billing blocked (injected): add credit to go on' }],
    [{ action: 'expired' }, 410, { detail: 'Promise expired (injected)' }],
    [{ action: 'paused', state: 'paused_capacity' }, 200, { type: 'try_again', queue_state: 'paused_capacity' }],
    [
      { action: 'paused', state: 'paused_rate_limit', reason: 'too many' },
      200,
      { type: 'try_again', queue_state: 'paused_rate_limit', queue_state_reason: 'too many' },
    ],
  ] as const)('answers a poll with %j', async (action, status, body) => {
    const requestId = await server.submit(step, stepRequest(modelId, 1));
    server.api.faults.add({ endpoint: 'retrieve_future', ...action });
    expect(await server.poll(requestId)).toEqual({ status, body });
    expect((await server.poll(requestId)).body).toHaveProperty('metrics');
  });

  it('fails endpoints with parameters, by their path or by their names', async () => {
    const path = `/api/v1/training_runs/${modelId}`;
    server.api.faults.add({ endpoint: path, action: 'billing' });
    server.api.faults.add({ endpoint: 'training_runs/{training_run_id}', nth: 2, action: 'expired' });
    const statuses: number[] = [];
    for (const at of [path, path, path, '/api/v1/training_runs']) statuses.push((await server.request('GET', at)).status);
    expect(statuses).toEqual([402, 410, 200, 200]);
  });

  it('fails the exchange of the key', async () => {
    await server.close();
    server = await openTestApi({ jwtAuth: true });
    server.api.faults.add({ endpoint: 'auth/token', action: 'status', status: 503 });
    expect((await server.post('/api/v1/auth/token', {})).status).toBe(503);
    expect((await server.post('/api/v1/auth/token', {})).status).toBe(200);
  });

  it('delays the handling', async () => {
    server.api.faults.add({ endpoint: 'optim_step', action: 'delay', ms: 5000 });
    const submitted = server.submit(step, stepRequest(modelId, 1));
    await settle();
    server.clock.advance(4999);
    await settle();
    expect(executed()).toBe(0);
    server.clock.advance(1);
    await submitted;
    await settle();
    expect(executed()).toBe(1);
  });

  it('is steered over HTTP', async () => {
    const rule: FaultRule = { endpoint: 'optim_step', nth: 1, count: 3, action: 'billing', detail: 'pay' };
    const added = await server.post('/api/v1/local/faults', rule);
    expect(added).toEqual({ status: 200, body: { id: 'fault-1' } });
    expect((await server.post(step, stepRequest(modelId, 1))).body).toEqual({ detail: 'pay' });
    const listed = await server.request('GET', '/api/v1/local/faults');
    expect(await listed.json()).toEqual({ faults: [{ ...rule, id: 'fault-1', seen: 1 }] });
    const removed = await server.request('DELETE', '/api/v1/local/faults?id=fault-1');
    expect(await removed.json()).toEqual({ removed: 1 });
    expect((await server.request('DELETE', '/api/v1/local/faults?id=fault-1')).status).toBe(404);
    await server.post('/api/v1/local/faults', rule);
    expect(await (await server.request('DELETE', '/api/v1/local/faults')).json()).toEqual({ removed: 1 });
  });

  it('counts a pass in protobuf as answered after a definite status', async () => {
    server.api.faults.add({ endpoint: 'forward_backward', action: 'status', status: 400 });
    const body = encodePassRequest({ data: [], lossFn: 'cross_entropy', lossFnConfig: undefined, forwardOnly: false }, modelId, 1);
    const refused = await server.request('POST', '/api/v1/forward_backward', body, { 'content-type': protobufType });
    expect(refused.status).toBe(400);
    await server.submit(step, stepRequest(modelId, 2));
    await settle();
    expect(executed()).toBe(1);
  });

  it('counts paths that no endpoint has as one', async () => {
    await server.request('GET', '/api/v1/a');
    await server.request('GET', '/b');
    await server.request('GET', `/api/v1/training_runs/${modelId}`);
    expect(server.api.ledger.report().requests).toMatchObject({ unknown: 2, 'training_runs/{training_run_id}': 1 });
  });

  it.each([{ endpoint: 'optim_step', action: 'explode' }, { action: 'reset' }, { endpoint: 'x', action: 'delay' }, null])(
    'refuses the rule %j',
    async (rule) => {
      expect((await server.post('/api/v1/local/faults', rule)).status).toBe(422);
    },
  );
});
