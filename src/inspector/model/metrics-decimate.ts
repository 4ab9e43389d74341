import type { MetricPoint } from './metrics-series.js';

/** More points than this are thinned out. */
export const mostPoints = 5000;

/**
 * At most four points for each bucket of steps: its first and last, its lowest and highest, so that spikes stay. A
 * bucket with a gap keeps one, too. A curve of at most {@link mostPoints} points stays as it is.
 */
export function decimated(points: readonly MetricPoint[], buckets: number): readonly MetricPoint[] {
  const [first, last] = [points[0], points.at(-1)];
  if (points.length <= mostPoints || first === undefined || last === undefined) return points;
  const width = (last.step - first.step + 1) / buckets;
  const kept: MetricPoint[] = [];
  let begin = 0;
  for (let end = 1; end <= points.length; end += 1) {
    const bucketOf = (point: MetricPoint): number => Math.floor((point.step - first.step) / width);
    const [opening, next] = [points[begin], points[end]];
    if (opening === undefined || (next !== undefined && bucketOf(next) === bucketOf(opening))) continue;
    kept.push(...thinned(points.slice(begin, end)));
    begin = end;
  }
  return kept;
}

function thinned(bucket: readonly MetricPoint[]): readonly MetricPoint[] {
  let [lowest, highest, gap]: [MetricPoint?, MetricPoint?, MetricPoint?] = [];
  for (const point of bucket) {
    if (point.value === undefined) gap ??= point;
    else {
      if (lowest?.value === undefined || point.value < lowest.value) lowest = point;
      if (highest?.value === undefined || point.value > highest.value) highest = point;
    }
  }
  const wanted = new Set([bucket[0], lowest, highest, gap, bucket.at(-1)]);
  return bucket.filter((point) => wanted.has(point));
}
