import { describe, expect, it } from '@jest/globals';
import { rejection } from '../support/clients.js';
import { broken, json } from '../support/scripted-server.js';
import { input, scriptedSampling } from '../support/sampling.js';
import { advanceUntil, settle } from '../support/simulated.js';

const never = () => new Promise<Response>(() => undefined);

describe('sampling again after a failure', () => {
  it('asks anew under the next number when the result has expired', async () => {
    const { server, sampling, seqIds, pass } = await scriptedSampling();
    server.next('retrieve_future', () => json({ detail: 'gone' }, 410));
    const operation = sampling.sample(input);
    await settle();
    expect(seqIds()).toEqual([0]);
    // Without chance the jitter takes a quarter off the first pause of 500 ms.
    await pass(374);
    expect(seqIds()).toEqual([0]);
    await pass(1);
    expect(seqIds()).toEqual([0, 1]);
    await operation;
    expect([operation.seqId, operation.requestId]).toEqual([1, 'r2']);
    expect(sampling.getSnapshot()).toMatchObject({ resubmitted: 1, nextSeqId: 2, counters: { done: 1, failed: 0, cancelled: 0 } });
    const keys = server.to('asample').map(({ headers }) => headers.get('x-idempotency-key'));
    expect(new Set(keys).size).toBe(2);
  });

  it('does so without end, with pauses that double up to ten seconds', async () => {
    const { server, sampling, environment } = await scriptedSampling({ client: { retryConfig: { jitterFactor: 0 } } });
    const at: number[] = [];
    server.times(8, 'asample', () => {
      at.push(environment.now());
      return json({ detail: 'taken' }, 409);
    });
    await advanceUntil(environment, sampling.sample(input));
    expect(at.map((time, index) => time - (at[index - 1] ?? time))).toEqual([0, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  it('sends the same request again first, when its fate is not clear', async () => {
    const { server, sampling, seqIds, environment } = await scriptedSampling();
    server.next('asample', () => broken()).next('asample', () => json({ detail: 'oh' }, 503));
    await advanceUntil(environment, sampling.sample(input));
    expect(seqIds()).toEqual([0, 0, 0]);
    expect(new Set(server.to('asample').map(({ text }) => text)).size).toBe(1);
    expect(new Set(server.to('asample').map(({ headers }) => headers.get('x-idempotency-key'))).size).toBe(1);
    expect(server.to('asample').map(({ headers }) => headers.get('x-stainless-retry-count'))).toEqual(['0', '1', '2']);
  });

  it('takes the next number once the server has been silent for too long', async () => {
    const { server, sampling, seqIds, environment } = await scriptedSampling({ service: { requestDeadlineMs: 1000 } });
    server.times(3, 'asample', () => broken('ECONNREFUSED'));
    await advanceUntil(environment, sampling.sample(input));
    expect(seqIds()).toEqual([0, 0, 0, 1]);
  });

  it('gives an attempt up that gets no answer', async () => {
    const { server, sampling, seqIds, environment, pass } = await scriptedSampling({ service: { timeoutMs: 2000 } });
    server.next('asample', never);
    const operation = sampling.sample(input);
    await pass(1999);
    expect(seqIds()).toEqual([0]);
    await advanceUntil(environment, operation);
    expect(seqIds()).toEqual([0, 0]);
  });

  it('does not when the number was used for something else', async () => {
    const { server, sampling, seqIds } = await scriptedSampling();
    server.next('asample', () => json({ detail: 'sequence number was reused' }, 409));
    expect(await rejection(sampling.sample(input))).toMatchObject({ kind: 'http', status: 409 });
    expect(seqIds()).toEqual([0]);
  });

  it('does not where the server says so, but for log-probabilities', async () => {
    const { server, sampling, seqIds, environment } = await scriptedSampling({ config: { sample_no_retries: true } });
    server.times(2, 'asample', () => json({ detail: 'taken' }, 409));
    expect(await rejection(sampling.sample(input))).toMatchObject({ kind: 'http', status: 409 });
    await advanceUntil(environment, sampling.computeLogprobs([1]));
    expect(seqIds()).toEqual([0, 1, 2]);
  });

  it('does not where the caller says so', async () => {
    const { server, sampling } = await scriptedSampling({ client: { retryConfig: { enableRetryLogic: false } } });
    server.next('retrieve_future', () => json({ detail: 'gone' }, 410));
    expect(await rejection(sampling.computeLogprobs([1]))).toMatchObject({ kind: 'promiseExpired', seqId: 0, requestId: 'r1' });
  });

  it('fails when the server takes a request without saying under which id', async () => {
    const { server, sampling, environment } = await scriptedSampling({ service: { requestDeadlineMs: 1 }, client: { retryConfig: { enableRetryLogic: false } } });
    server.times(9, 'asample', () => json({}));
    expect(await advanceUntil(environment, rejection(sampling.sample(input)))).toMatchObject({ kind: 'malformedResponse' });
  });
});

describe('waiting for a sample', () => {
  it('asks again while the server is not ready, and shows why', async () => {
    const told: unknown[] = [];
    const { server, sampling, environment } = await scriptedSampling({ service: { onQueueState: (news) => told.push(news) } });
    server.next('retrieve_future', () => json({ type: 'try_again', queue_state: 'paused_capacity', queue_state_reason: 'busy' }));
    server.next('retrieve_future', never);
    const operation = sampling.sample(input);
    await settle();
    expect([operation.status, operation.queueState, operation.queueStateReason]).toEqual(['paused', 'paused_capacity', 'busy']);
    expect(told).toMatchObject([{ kind: 'sample', samplingSessionId: 'S:sample:0', queueState: 'paused_capacity', reason: 'busy' }]);
    // The second poll is held by the server for longer than it may.
    await advanceUntil(environment, operation);
    const polls = server.to('retrieve_future').map(({ headers, body }) => [headers.get('x-tinker-request-iteration'), body['request_id']]);
    expect(polls).toEqual([['0', 'r1'], ['1', 'r1'], ['2', 'r1']]);
  });

  it('reserves room for a large result', async () => {
    const { server, sampling } = await scriptedSampling();
    server.next('retrieve_future', () => json({ status: 'complete_metadata', response_payload_size: 1000 }));
    await sampling.sample(input);
    expect(server.to('retrieve_future').map(({ body }) => body['allow_metadata_only'])).toEqual([true, false]);
  });

  it('lets large results wait for each other', async () => {
    const { server, sampling } = await scriptedSampling({ config: { inflight_response_bytes_semaphore_size: 10 } });
    const large = () => json({ status: 'complete_metadata', response_payload_size: 1000 });
    server.times(2, 'retrieve_future', large).next('retrieve_future', never);
    const first = sampling.sample(input);
    const second = sampling.sample(input);
    await settle();
    expect(server.to('retrieve_future').map(({ body }) => [body['request_id'], body['allow_metadata_only']])).toEqual([['r1', true], ['r2', true], ['r1', false]]);
    first.cancel();
    await rejection(first);
    await second;
  });

  it('fails when a large result is announced twice', async () => {
    const { server, sampling } = await scriptedSampling();
    server.times(2, 'retrieve_future', () => json({ status: 'complete_metadata', response_payload_size: 1 }));
    expect(await rejection(sampling.sample(input))).toMatchObject({ kind: 'malformedResponse', message: expect.stringContaining('announced a large result again') });
  });

  it('asks a failing server again, and gives up in time', async () => {
    const { server, sampling, environment } = await scriptedSampling({ service: { unreachableDeadlineMs: 2000 }, client: { retryConfig: { enableRetryLogic: false } } });
    server.times(9, 'retrieve_future', () => json({ detail: 'oh' }, 500));
    expect(await advanceUntil(environment, rejection(sampling.sample(input)))).toMatchObject({ kind: 'http', status: 500, elapsedMs: 2000 });
    expect(server.to('retrieve_future').length).toBe(4);
  });

  it('doubts an answer that a proxy explains three times', async () => {
    const { server, sampling, environment } = await scriptedSampling();
    server.times(3, 'retrieve_future', () => json({}, 400));
    await advanceUntil(environment, sampling.sample(input));
    expect(server.to('retrieve_future').length).toBe(4);
    server.times(4, 'retrieve_future', () => json({}, 400));
    expect(await advanceUntil(environment, rejection(sampling.sample(input)))).toMatchObject({ kind: 'http', status: 400 });
  });

  it('waits while the account is blocked, for as long as the server says', async () => {
    const { server, sampling, environment } = await scriptedSampling({ config: { billing_exception_max_pause_duration_sec: 10 } });
    server.times(2, 'retrieve_future', () => json({ detail: 'pay' }, 402));
    const operation = sampling.sample(input);
    await settle();
    expect([operation.status, operation.queueState]).toEqual(['paused', 'paused_billing']);
    await advanceUntil(environment, operation);
    server.times(9, 'retrieve_future', () => json({ detail: 'pay' }, 402));
    expect(await advanceUntil(environment, rejection(sampling.sample(input)))).toMatchObject({ kind: 'billing', elapsedMs: 10_000 });
  });
});
