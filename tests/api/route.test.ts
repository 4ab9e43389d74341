import { describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { command, get, Nothing, post, put, query } from '../../src/api/route.js';

describe('post', () => {
  it('is an endpoint with a body, and a minute for one attempt', () => {
    expect(post('/api/v1/x', t.string, t.number)).toEqual({ method: 'POST', path: '/api/v1/x', carries: 'body', request: t.string, response: t.number, timeoutMs: 60_000 });
  });

  it('takes another deadline', () => {
    expect(post('/api/v1/x', t.string, t.number, 10_000).timeoutMs).toBe(10_000);
  });
});

describe('get', () => {
  it('is an endpoint without a body', () => {
    expect(get('/api/v1/x', t.number)).toEqual({ method: 'GET', path: '/api/v1/x', carries: 'query', request: undefined, response: t.number, timeoutMs: 60_000 });
  });
});

describe('query', () => {
  it('is an endpoint that is asked by its path and query string', () => {
    expect(query('/api/v1/x', t.string, t.number)).toEqual({ method: 'GET', path: '/api/v1/x', carries: 'query', request: t.string, response: t.number, timeoutMs: 60_000 });
  });
});

describe('put', () => {
  it('is an endpoint with a body that answers nothing', () => {
    expect(put('/api/v1/x', t.string)).toEqual({ method: 'PUT', path: '/api/v1/x', carries: 'body', request: t.string, response: Nothing, timeoutMs: 60_000 });
  });
});

describe('command', () => {
  it('is an endpoint without a body either way', () => {
    expect(command('DELETE', '/api/v1/x', t.string)).toEqual({ method: 'DELETE', path: '/api/v1/x', carries: 'query', request: t.string, response: Nothing, timeoutMs: 60_000 });
  });
});

describe('Nothing', () => {
  it('reads anything as nothing, and says nothing', () => {
    expect([Nothing.decode({ any: 'thing' }), Nothing.decode(undefined)]).toEqual([E.right(undefined), E.right(undefined)]);
    expect([Nothing.is(undefined), Nothing.is(null)]).toEqual([true, false]);
    expect([undefined].map(Nothing.encode)).toEqual([undefined]);
  });
});
