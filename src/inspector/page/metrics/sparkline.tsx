import { line } from 'd3-shape';
import { decimated } from '../../model/metrics-decimate.js';
import type { MetricPoint } from '../../model/metrics-series.js';
import { valueText } from '../../model/metrics-text.js';

interface Props {
  readonly points: readonly MetricPoint[];
  /** What it is of, such as `loss:sum`. */
  readonly label: string;
}

const [width, height, inset] = [96, 24, 3];

/** A curve as small as a word, with a dot at its last value. Nothing for fewer than two values. */
export function Sparkline({ points, label }: Props) {
  const kept = decimated(points, width);
  const known = kept.filter((point): point is { step: number; value: number } => point.value !== undefined);
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined || known.length < 2) return null;
  const values = known.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = ({ step }: MetricPoint): number => inset + ((step - first.step) / (last.step - first.step || 1)) * (width - 2 * inset);
  const y = ({ value = low }: MetricPoint): number => height - inset - ((value - low) / (high - low || 1)) * (height - 2 * inset);
  const path = line<MetricPoint>(x, y).defined(({ value }) => value !== undefined);
  return (
    <svg
      class="sparkline"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`${label} from ${valueText(first.value)} to ${valueText(last.value)}, between ${valueText(low)} and ${valueText(high)}`}
    >
      <path d={path(kept) ?? ''} />
      <circle cx={x(last)} cy={y(last)} r="2.2" />
    </svg>
  );
}
