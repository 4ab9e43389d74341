import { describe, expect, it } from '@jest/globals';
import { ownHeaders, secretHeaders } from '../../src/service/headers.js';
import { version } from '../../src/types/version.js';

describe('ownHeaders', () => {
  it('say what runs where', () => {
    expect(ownHeaders({}, { platform: 'linux', arch: 'x64', version: 'v22.1.0' })).toEqual({
      'User-Agent': `tinkerjs/${version}`,
      'X-Stainless-Package-Version': '0.25.0',
      'X-Stainless-OS': 'Linux',
      'X-Stainless-Arch': 'x64',
      'X-Stainless-Runtime': 'node',
      'X-Stainless-Runtime-Version': 'v22.1.0',
      'X-Stainless-Async': 'async:node',
    });
  });

  it('name what has no name in the protocol', () => {
    expect(ownHeaders({}, { platform: 'aix', arch: 'ppc64', version: 'v22.1.0' })).toMatchObject({
      'X-Stainless-OS': 'Other:aix',
      'X-Stainless-Arch': 'other:ppc64',
    });
  });
});

describe('secretHeaders', () => {
  it('are those whose names say so', () => {
    const secret = { 'CF-Access-Client-Secret': 'a', Authorization: 'b', Cookie: 'c', 'X-Proxy-Token': 'd' };
    expect(secretHeaders({ 'User-Agent': 'x', ...secret, 'X-Team': 'y' })).toEqual(Object.entries(secret));
  });
});
