import { describe, expect, it } from '@jest/globals';
import type { MetricsRecord } from '../../../src/inspection/records.js';
import { metricSeries, type MetricSeries } from '../../../src/inspector/model/metrics-series.js';

let made = 0;
function pass(step: number, values: Readonly<Record<string, number>>, more: Partial<MetricsRecord> = {}): MetricsRecord {
  made += 1;
  return { type: 'metrics', service: 's', key: String(made), at: made, client: 'c', kind: 'forwardBackward', step, values, ...more };
}
const pointsOf = (series: readonly MetricSeries[], metric: string, client = 'c') =>
  series.find((one) => one.metric === metric && one.client === client)?.points.map(({ step, value }) => [step, value]);

describe('metricSeries', () => {
  it('is empty without records', () => {
    expect(metricSeries([])).toEqual({ series: [], replaced: 0 });
  });

  it('orders values by step, whatever came first', () => {
    const { series } = metricSeries([pass(2, { 'loss:sum': 5 }), pass(1, { 'loss:sum': 9 })]);
    expect(pointsOf(series, 'loss:sum')).toEqual([[1, 9], [2, 5]]);
  });

  it('joins the passes of a step by the metric’s reduction', () => {
    const { series } = metricSeries([pass(1, { 'loss:sum': 2, 'loss:mean': 2 }), pass(1, { 'loss:sum': 4, 'loss:mean': 4 })]);
    expect(pointsOf(series, 'loss:sum')).toEqual([[1, 6]]);
    expect(pointsOf(series, 'loss:mean')).toEqual([[1, 3]]);
  });

  it('takes metrics of the optimizer step together with those of the passes before it', () => {
    const { series } = metricSeries([pass(1, { 'loss:sum': 2 }), pass(1, { grad_norm: 0.5 }, { kind: 'optimStep' })]);
    expect(series.map(({ metric, points }) => [metric, points.length])).toEqual([['loss:sum', 1], ['grad_norm', 1]]);
  });

  it('keeps evaluations apart, and has no gaps in them', () => {
    const { series } = metricSeries([
      pass(1, { 'loss:sum': 8 }),
      pass(0, { 'loss:sum': 10 }, { kind: 'forward' }),
      pass(1, { 'loss:sum': 9 }, { kind: 'forward' }),
      pass(20, { 'loss:sum': 3 }, { kind: 'forward' }),
    ]);
    expect(pointsOf(series, 'loss:sum')).toEqual([[1, 8]]);
    expect(pointsOf(series, 'loss:sum (forward)')).toEqual([[0, 10], [1, 9], [20, 3]]);
  });

  it('derives the loss per token and per datum', () => {
    const { series } = metricSeries([
      pass(1, { 'loss:sum': 30, 'num_tokens:sum': 10, 'num_datums:sum': 2 }),
      pass(1, { 'loss:sum': 10, 'num_tokens:sum': 10, 'num_datums:sum': 2 }),
      pass(2, { 'loss:sum': 30, 'num_tokens:sum': 0 }),
    ]);
    expect(pointsOf(series, 'loss per token')).toEqual([[1, 2]]);
    expect(pointsOf(series, 'loss per datum')).toEqual([[1, 10]]);
  });

  it('has a gap where a step lacks the value, or is missing', () => {
    const { series } = metricSeries([
      pass(1, { 'loss:sum': 4 }),
      pass(2, { 'loss:sum': Number.NaN }),
      pass(3, { 'loss:sum': 3 }),
      pass(4, { 'loss:sum': 3 }),
      pass(8, { 'loss:sum': 2 }),
    ]);
    expect(pointsOf(series, 'loss:sum')).toEqual([[1, 4], [2, undefined], [3, 3], [4, 3], [5, undefined], [8, 2]]);
    expect(series[0]?.gaps).toBe(2);
  });

  it('has no gaps in what is measured every tenth step', () => {
    const { series } = metricSeries([10, 20, 30].map((step) => pass(step, { 'accuracy:mean': step })));
    expect(pointsOf(series, 'accuracy:mean')).toEqual([[10, 10], [20, 20], [30, 30]]);
    expect(series[0]?.gaps).toBe(0);
  });

  it('keeps clients apart', () => {
    const { series } = metricSeries([pass(1, { 'loss:sum': 1 }), pass(1, { 'loss:sum': 7 }, { client: 'other' })]);
    expect(pointsOf(series, 'loss:sum')).toEqual([[1, 1]]);
    expect(pointsOf(series, 'loss:sum', 'other')).toEqual([[1, 7]]);
  });

  it('keeps the later values of steps that were taken again, and says how many were', () => {
    const first = [1, 2, 3, 4].map((step) => pass(step, { 'loss:sum': step }));
    const resumed = [3, 4, 5].map((step) => pass(step, { 'loss:sum': 10 * step }, { service: 'later' }));
    const { series, replaced } = metricSeries([...resumed, ...first]);
    expect(pointsOf(series, 'loss:sum')).toEqual([[1, 1], [2, 2], [3, 30], [4, 40], [5, 50]]);
    expect(replaced).toBe(2);
  });
});
