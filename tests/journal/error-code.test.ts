import { describe, expect, it } from '@jest/globals';
import { errorCode } from '../../src/journal/error-code.js';

describe('errorCode', () => {
  it.each([
    [Object.assign(new Error('no room'), { code: 'ENOSPC' }), 'ENOSPC'],
    [{ code: 7 }, ''],
    [new Error('no'), ''],
    [null, ''],
    ['no', ''],
  ])('of %p is %p', (thrown, code) => {
    expect(errorCode(thrown)).toBe(code);
  });
});
