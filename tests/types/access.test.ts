import { describe, expect, it } from '@jest/globals';
import { AccessScope, QueryInteger } from '../../src/types/access.js';
import { assertDecodes, assertRejects } from '../support/codec.js';

describe('AccessScope', () => {
  it('is owned or accessible', () => {
    assertDecodes(AccessScope, 'owned', 'owned');
    assertDecodes(AccessScope, 'accessible', 'accessible');
    assertRejects(AccessScope, 'all', 'the body: got "all", expected AccessScope');
  });
});

describe('QueryInteger', () => {
  it.each([[20], ['20'], ['0'], ['-3']])('reads %j', (wire) => {
    assertDecodes(QueryInteger, wire, Number(wire));
  });

  it.each([['2.5'], [''], ['1e3'], ['99999999999999999999'], [2.5], [null]])('refuses %j', (wire) => {
    assertRejects(QueryInteger, wire, `the body: got ${JSON.stringify(wire)}, expected a whole number`);
  });

  it('knows whole numbers', () => {
    expect([QueryInteger.is(3), QueryInteger.is(3.5), QueryInteger.is('3'), QueryInteger.encode(3)]).toEqual([true, false, false, 3]);
  });
});
