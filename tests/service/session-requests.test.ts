import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import nock from 'nock';
import { getInfo } from '../../src/api/training.js';
import { resolveConfig, type ServiceClientOptions } from '../../src/config.js';
import { sessionKeys } from '../../src/machines/session-machine.js';
import { WorkTable, type SendContext, type Work } from '../../src/machines/work.js';
import { callWork, SessionRequests } from '../../src/service/session-requests.js';
import { GetInfoRequest, type GetInfoResponse } from '../../src/types/training.js';
import { leftOf, rightOf } from '../support/codec.js';
import { apiKey, httpTo, origin, recorded } from '../support/exchange.js';

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

function attempt(retryCount = 0): SendContext {
  return { part: 0, seqId: undefined, retryCount, signal: new AbortController().signal };
}

function keyMaker(): () => string {
  let keys = 0;
  return () => {
    keys += 1;
    return `key-${keys}`;
  };
}

function requestsOf(options: ServiceClientOptions = {}): { requests: SessionRequests; work: (key: string) => Work } {
  const requests = new SessionRequests(resolveConfig({ baseUrl: origin, apiKey, ...options }, {}), httpTo(), keyMaker(), (text) => text.replace('tml-', '[hidden]'));
  const table = new WorkTable();
  requests.addTo(table);
  return {
    requests,
    work: (key) => {
      const work = table.get(key);
      if (work === undefined) throw new Error(`nothing is kept under ${key}`);
      return work;
    },
  };
}

describe('callWork', () => {
  it('keeps the answer, and sends the same under the same key again', async () => {
    const path = '/api/v1/get_info';
    const scope = nock(origin).post(path).reply(503, '').post(path).reply(200, { model_id: 'm', model_data: {} });
    const sent = recorded(scope);
    const kept: GetInfoResponse[] = [];
    const work = callWork('the-key', (context) => httpTo().call(getInfo, GetInfoRequest.make({ modelId: 'm' }), context), (answer) => kept.push(answer));
    expect(work.requestType).toBeUndefined();
    expect(leftOf(await work.send(attempt())).verdict).toBe('transient');
    expect(kept).toEqual([]);
    expect(rightOf(await work.send(attempt(1)))).toBeUndefined();
    expect(kept).toEqual([{ modelId: 'm', modelData: {} }]);
    expect(sent.map(({ text, headers }) => [text, headers['x-idempotency-key'], headers['x-stainless-retry-count']])).toEqual([
      ['{"model_id":"m","type":"get_info"}', 'the-key', '0'],
      ['{"model_id":"m","type":"get_info"}', 'the-key', '1'],
    ]);
  });

  it('has nothing to receive later: the answer was the result', () => {
    const work = callWork('k', (context) => httpTo().call(getInfo, GetInfoRequest.make({ modelId: 'm' }), context), () => undefined);
    expect(work.receive(0, { any: 'thing' })).toEqual(E.right(undefined));
  });
});

describe('SessionRequests', () => {
  it('opens the session with tags, metadata and project', async () => {
    const scope = nock(origin).post('/api/v1/create_session').twice().reply(200, { session_id: 'S1' });
    const sent = recorded(scope);
    const plain = requestsOf({ userMetadata: { a: 'b' } });
    const full = requestsOf({ tags: ['b', 'a'], projectId: 'proj' });
    rightOf(await plain.work(sessionKeys.create).send(attempt()));
    rightOf(await full.work(sessionKeys.create).send(attempt()));
    expect(sent.map(({ text }) => text)).toEqual([
      '{"tags":[],"user_metadata":{"a":"b"},"sdk_version":"0.25.0","type":"create_session"}',
      '{"tags":["b","a"],"user_metadata":{},"sdk_version":"0.25.0","project_id":"proj","type":"create_session"}',
    ]);
    expect([plain.requests.sessionId, full.requests.sessionId]).toEqual(['S1', 'S1']);
  });

  it('beats for the session, every beat a request of its own', async () => {
    nock(origin).post('/api/v1/create_session').reply(200, { session_id: 'S1' });
    const sent = recorded(nock(origin).post('/api/v1/session_heartbeat').thrice().reply(200, {}));
    const { work } = requestsOf();
    rightOf(await work(sessionKeys.create).send(attempt()));
    const heartbeat = work(sessionKeys.heartbeat);
    for (let beat = 0; beat < 3; beat += 1) expect(rightOf(await heartbeat.send(attempt()))).toBeUndefined();
    expect(sent.map(({ text }) => text)).toEqual(Array.from({ length: 3 }, () => '{"session_id":"S1","type":"session_heartbeat"}'));
    expect(new Set(sent.map(({ headers }) => headers['x-idempotency-key'])).size).toBe(3);
    expect(sent[0]?.headers['x-stainless-read-timeout']).toBe('10');
  });
});
