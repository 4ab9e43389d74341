import { describe, expect, it } from '@jest/globals';
import type { ErrorRecord } from '../../../src/inspection/records.js';
import { errorGroups } from '../../../src/inspector/model/error-groups.js';

const error = (at: number, message: string, more: Partial<ErrorRecord> = {}): ErrorRecord => ({
  type: 'error', service: 's', key: `${at}`, at, kind: 'timeout', message, advice: 'Wait.', ...more,
});

describe('error groups', () => {
  it('are one for failures that differ in numbers only', () => {
    const [group, ...others] = errorGroups([error(1, 'No answer within 30 s.'), error(2, 'No answer within 31 s.')]);
    expect(others).toEqual([]);
    expect([group?.count, group?.firstAt, group?.newest.message]).toEqual([2, 1, 'No answer within 31 s.']);
  });

  it('are several for other kinds, words or statuses', () => {
    expect(errorGroups([error(1, 'a'), error(2, 'b'), error(3, 'a', { kind: 'wedged' }), error(4, 'a', { status: 503 })]).length).toBe(4);
  });

  it('have the newest failure first, in whichever order they came', () => {
    const groups = errorGroups([error(5, 'a'), error(9, 'b'), error(3, 'b'), error(7, 'c')]);
    expect(groups.map(({ newest, firstAt, count }) => [newest.message, newest.at, firstAt, count])).toEqual([['b', 9, 3, 2], ['c', 7, 7, 1], ['a', 5, 5, 1]]);
  });
});
