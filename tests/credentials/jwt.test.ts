import { describe, expect, it } from '@jest/globals';
import { readClaims } from '../../src/credentials/jwt.js';
import { jwt } from '../support/token-server.js';

const nothing = { exp: undefined, sub: undefined, email: undefined, iss: undefined };

describe('readClaims', () => {
  it('reads what it needs, in any script', () => {
    const claims = { exp: 1_800_000_000.5, sub: 'urn:user:ж', email: 'ada@example.org', iss: 'passport-eu' };
    expect(readClaims(jwt({ ...claims, more: [1] }))).toEqual(claims);
  });

  it.each([
    ['an empty token', ''],
    ['no token', 'tml-key'],
    ['a payload that is no JSON', 'a.b.c'],
    ['a payload that is no object', `a.${Buffer.from('[1]').toString('base64url')}.c`],
    ['claims of wrong types', jwt({ exp: '1', sub: 7, email: null, iss: {} })],
    ['empty claims', jwt({ sub: '', email: '' })],
    ['an end that is no number', `a.${Buffer.from('{"exp":1e999}').toString('base64url')}.c`],
  ])('finds nothing in %s', (_, token) => {
    expect(readClaims(token)).toEqual(nothing);
  });
});
