import { describe, expect, it } from '@jest/globals';
import { listed } from '../../src/machines/listed.js';

describe('listed', () => {
  it.each([0, '', null, false])('holds %p', (value) => {
    expect(listed(value)).toEqual([value]);
  });

  it('is empty where nothing is', () => {
    expect(listed(undefined)).toEqual([]);
  });
});
