import { describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import { checkFlag, checkOptions, checkSecret, orThrow } from '../../src/calls/check-options.js';
import { TinkerError } from '../../src/types/errors.js';
import { assertRefuses, refusalOf, untyped } from '../support/codec.js';

describe('checkOptions', () => {
  it('takes the options that there are', () => {
    expect(() => checkOptions({ limit: 3 }, ['limit', 'offset'])).not.toThrow();
  });

  it('refuses what is no object', () => {
    assertRefuses(() => checkOptions(null, ['limit']), 'options', 'options: got null, expected an object');
    assertRefuses(() => checkOptions('x', ['limit'], 'retryConfig'), 'retryConfig', 'retryConfig: got "x", expected an object');
  });

  it('refuses a name that no option has without showing what was given', () => {
    assertRefuses(
      () => checkOptions({ apikey: 'tml-secret' }, ['apiKey', 'baseUrl']),
      'options.apikey',
      'options.apikey: there is no such option; the options are apiKey, baseUrl',
    );
  });
});

describe('orThrow', () => {
  it('gives the checked value or throws the error', () => {
    const error = new TinkerError('validation', 'no');
    expect(orThrow(E.right(5))).toBe(5);
    expect(refusalOf(() => orThrow(E.left(error)))).toBe(error);
  });
});

describe('checkFlag', () => {
  const check = untyped(checkFlag);

  it('gives the flag, or its default', () => {
    expect([checkFlag('f', true, false), checkFlag('f', false, true), checkFlag('f', undefined, true), checkFlag('f', undefined, false)]).toEqual([true, false, true, false]);
  });

  it.each([[0, '0'], ['true', '"true"'], [null, 'null']])('refuses %p', (value: unknown, picture) => {
    assertRefuses(() => check('overwrite', value, false), 'overwrite', `overwrite: got ${picture}, expected true or false`);
  });
});

describe('checkSecret', () => {
  const check = untyped(checkSecret);

  it('gives the credential, or none', () => {
    expect([checkSecret('token', 'tml-other'), checkSecret('token', undefined)]).toEqual(['tml-other', undefined]);
  });

  it.each([[''], [12345], [null], [['tml-secret']]])('refuses %p without showing it', (value: unknown) => {
    assertRefuses(() => check('weightsAccessToken', value), 'weightsAccessToken', 'weightsAccessToken: expected a non-empty string (what was given is not shown)');
  });
});
