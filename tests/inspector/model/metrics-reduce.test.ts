import { describe, expect, it } from '@jest/globals';
import { firstShown, metricNames, unitOf } from '../../../src/inspector/model/metrics-names.js';
import { partsOf, reduced } from '../../../src/inspector/model/metrics-reduce.js';
import { tickText, valueText } from '../../../src/inspector/model/metrics-text.js';

describe('reduced', () => {
  it.each([
    ['loss:sum', [1, 2, 3], 6],
    ['loss:mean', [1, 2, 3], 2],
    ['ratio:min', [3, 1, 2], 1],
    ['ratio:max', [3, 1, 2], 3],
    ['load:slack', [1, 2, 6], 3],
    ['version:unique', [4, 4], 4],
    ['version:unique', [4, 5], undefined],
    ['ids:hash_unordered', [4, 5], undefined],
    ['grad_norm', [1, 2], 2],
    ['a:b:sum', [1, 2], 3],
    ['loss:unheard', [1, 2], 2],
    ['loss:sum', [Number.MAX_VALUE, Number.MAX_VALUE], undefined],
    ['ids:hash_unordered', [4], 4],
    ['loss:sum', [], undefined],
  ] as const)('joins %s of %j to %j', (metric, values, value) => {
    expect(reduced(metric, values)).toBe(value);
  });

  it('parts a name from its reduction', () => {
    expect(partsOf('a:b:sum')).toEqual({ name: 'a:b', reduction: 'sum' });
    expect(partsOf('grad_norm')).toEqual({ name: 'grad_norm', reduction: undefined });
  });
});

describe('names of metrics', () => {
  const series = ['ids:hash_unordered', 'lr', 'grad_norm', 'loss:sum (forward)', 'loss per token', 'entropy:mean', 'loss:sum', 'lr'].map((metric) => ({
    client: 'c',
    metric,
    points: [],
    gaps: 0,
  }));

  it('begin with the loss and end with hashes', () => {
    expect(metricNames(series)).toEqual(['loss:sum', 'loss per token', 'loss:sum (forward)', 'grad_norm', 'entropy:mean', 'lr', 'ids:hash_unordered']);
  });

  it('are shown first where they are losses, else as they come', () => {
    expect(firstShown(metricNames(series))).toEqual(['loss:sum', 'loss per token', 'loss:sum (forward)', 'grad_norm']);
    expect(firstShown(['a', 'b', 'c', 'd', 'e'])).toEqual(['a', 'b', 'c', 'd']);
  });

  it('tell what the numbers are', () => {
    expect(['loss:sum', 'num_tokens:sum (forward)', 'loss per token', 'grad_norm'].map(unitOf)).toEqual([
      'sum of a step',
      'tokens, sum of a step',
      'summed loss / tokens',
      '',
    ]);
  });
});

describe('texts of values', () => {
  it('have five digits, and powers of ten where they are very large or small', () => {
    expect([1234.5678, 0, 0.00001234, undefined].map(valueText)).toEqual(['1,234.6', '0', '1.234e-5', 'no value']);
  });

  it('are short at axes', () => {
    expect([1000, 25_000, 0.00005, 2e9, 0.25].map(tickText)).toEqual(['1,000', '25K', '5e-5', '2e+9', '0.25']);
  });
});
