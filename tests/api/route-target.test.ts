import { describe, expect, it } from '@jest/globals';
import * as t from 'io-ts';
import { command, get, Nothing, post, put, query } from '../../src/api/route.js';
import { gather, parameterNames, routerPath, targetOf } from '../../src/api/route-target.js';
import { field, message, optional } from '../../src/types/message.js';

const Asked = message('Asked', {
  runId: field('run_id', t.string),
  name: field('name', t.string),
  flag: optional('flag', t.boolean),
  count: optional('count', t.number),
  note: optional('note', t.string),
  tags: optional('tags', t.readonlyArray(t.string)),
  map: optional('map', t.UnknownRecord),
});
const path = '/api/v1/runs/{run_id}/named/{name}';
const names = { runId: 'S1:train:0', name: 'final' };
const filled = '/api/v1/runs/S1:train:0/named/final';

describe('targetOf', () => {
  it('puts ids into the path as they are, colons too', () => {
    expect(targetOf(command('DELETE', path, Asked), names)).toEqual({ path: filled, body: undefined });
  });

  it('asks by the query string: booleans in words, lists joined, nothing for what is empty', () => {
    const given = { ...names, flag: false, count: 0, note: '', tags: ['a', 'b c'], map: { a: 1 } };
    expect(targetOf(query(path, Asked, Nothing), given).path).toBe(`${filled}?flag=false&count=0&tags=a%2Cb+c`);
    expect(targetOf(query(path, Asked, Nothing), { ...names, tags: [] }).path).toBe(filled);
  });

  it('puts into the body what the path does not name', () => {
    expect(targetOf(put(path, Asked), { ...names, note: 'n' })).toEqual({ path: filled, body: { note: 'n' } });
    expect(targetOf(put(path, Asked), names)).toEqual({ path: filled, body: {} });
  });

  it('sends a body that is no object as it is, and none without a request', () => {
    expect(targetOf(post('/api/v1/x', t.readonlyArray(t.number), Nothing), [1, 2])).toEqual({ path: '/api/v1/x', body: [1, 2] });
    expect(targetOf(get('/api/v1/x', Nothing), undefined)).toEqual({ path: '/api/v1/x', body: undefined });
  });

  it('encodes only what would end the segment', () => {
    expect(targetOf(command('POST', path, Asked), { runId: 'a/b?c#d%e f', name: 'ä@~!' }).path).toBe('/api/v1/runs/a%2Fb%3Fc%23d%25e%20f/named/%C3%A4@~!');
  });

  it.each(['', '.', '..'])('refuses %j, which would name another endpoint', (runId) => {
    expect(() => targetOf(command('POST', path, Asked), { ...names, runId })).toThrow(new TypeError('run_id cannot be part of a path'));
  });
});

describe('gather', () => {
  const parameters = { run_id: 'r', name: 'n' };

  it('puts path and query together', () => {
    expect(gather(query(path, Asked, Nothing), { parameters, query: { note: 'x', name: 'other' }, body: undefined })).toEqual({ ...parameters, note: 'x' });
  });

  it('puts path and body together', () => {
    expect(gather(put(path, Asked), { parameters, query: { flag: 'true' }, body: { note: 'x' } })).toEqual({ ...parameters, note: 'x' });
  });

  it('leaves a body that is no object for the codec to refuse', () => {
    expect(gather(put(path, Asked), { parameters, query: {}, body: [1] })).toEqual([1]);
  });
});

describe('paths', () => {
  it('name their parameters', () => {
    expect(parameterNames(path)).toEqual(['run_id', 'name']);
    expect(parameterNames('/api/v1/x')).toEqual([]);
  });

  it('are written as routers have them', () => {
    expect(routerPath(path)).toBe('/api/v1/runs/:run_id/named/:name');
  });
});
