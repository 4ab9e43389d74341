import { describe, expect, it } from '@jest/globals';
import { isDeeperThan } from '../../../src/server/bodies/bodies-depth.js';
import { openTestApi } from '../../support/local-api.js';

const nested = (levels: number): unknown => JSON.parse(`${'{"a":['.repeat(levels / 2)}1${']}'.repeat(levels / 2)}`);

describe('isDeeperThan', () => {
  it('counts objects and arrays alike', () => {
    expect([isDeeperThan(nested(64), 64), isDeeperThan(nested(66), 64), isDeeperThan([1, [nested(64)]], 64)]).toEqual([false, true, true]);
    expect([isDeeperThan(1, 0), isDeeperThan(null, 0), isDeeperThan({}, 0)]).toEqual([false, false, true]);
  });
});

describe('a body that is nested deep', () => {
  it.each([
    ['create_session', { sdk_version: 'x', tags: [], user_metadata: nested(200_000) }],
    ['create_session', { sdk_version: 'x', tags: [], user_metadata: nested(62) }],
  ])('is refused at %s unless it is bearable', async (path, body) => {
    const server = await openTestApi();
    const isDeep = isDeeperThan(body, 64);
    // JSON.stringify follows by calling itself, which the deep one does not bear.
    const text = isDeep ? JSON.stringify({ ...body, user_metadata: 0 }).replace(':0}', `:${'{"a":['.repeat(100_000)}1${']}'.repeat(100_000)}}`) : JSON.stringify(body);
    const response = await server.request('POST', `/api/v1/${path}`, text);
    const answer: unknown = await response.json();
    expect([response.status, answer]).toEqual(isDeep ? [400, { detail: 'The body is nested more than 64 levels deep; no message is.' }] : [200, expect.objectContaining({ session_id: expect.any(String) })]);
    await server.close();
  });
});
