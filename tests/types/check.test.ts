import { describe, expect, it } from '@jest/globals';
import { ModelInput } from '../../src/types/data.js';
import { isRecord } from '../../src/types/check.js';

describe('isRecord', () => {
  it('takes objects of named fields', () => {
    const bare: unknown = Object.create(null);
    const parsed: unknown = JSON.parse('{"__proto__": 1}');
    expect([{}, { a: 1 }, bare, parsed, ModelInput.empty()].map(isRecord)).toEqual([true, true, true, true, true]);
  });

  it('refuses everything that keeps what it holds elsewhere', () => {
    const others = [null, undefined, 1, 'text', true, [], new Map(), new Set(), new Date(0), new Headers(), new Int32Array(1), () => 1];
    expect(others.filter(isRecord)).toEqual([]);
  });
});
