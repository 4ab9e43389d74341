import { describe, expect, it } from '@jest/globals';
import * as t from 'io-ts';
import { get, post } from '../../src/api/route.js';

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
