import { useMemo, useState } from 'preact/hooks';
import { decimated } from '../../model/metrics-decimate.js';
import { frameOf, pointsWithin, wholeRange, type StepRange } from '../../model/metrics-frame.js';
import { unitOf } from '../../model/metrics-names.js';
import type { MetricSeries } from '../../model/metrics-series.js';
import { valueText } from '../../model/metrics-text.js';
import { MetricTable } from './metric-table.js';
import { curveColour } from './plot-options.js';
import { Plot } from './plot.js';

interface Props {
  readonly metric: string;
  /** One for each client. */
  readonly series: readonly MetricSeries[];
  /** What all charts show; absent for everything. */
  readonly zoomed: StepRange | undefined;
  readonly onZoom: (range: StepRange | undefined) => void;
}

/** Enough for one in each pixel of a large screen. */
const buckets = 1500;

/** One metric: its curves, what they are at the step that somebody points at, and the last values as a table. */
export function MetricChart({ metric, series, zoomed, onZoom }: Props) {
  const [pointed, setPointed] = useState<number | undefined>(undefined);
  const range = useMemo(() => zoomed ?? wholeRange(series.map(({ points }) => points)), [series, zoomed]);
  const frame = useMemo(() => frameOf(series.map(({ points }) => decimated(pointsWithin(points, zoomed), buckets))), [series, zoomed]);
  const unit = unitOf(metric);
  const gaps = series.reduce((sum, one) => sum + one.gaps, 0);
  const step = pointed === undefined ? undefined : frame[0][pointed];
  const shown = series.map((one, index) => {
    const last = one.points.at(-1);
    const at = step === undefined || pointed === undefined ? last : { step, value: frame[index + 1]?.[pointed] ?? undefined };
    return { client: one.client, at, last };
  });
  const lastText = shown.map(({ client, last }) => `${shown.length > 1 ? `${client}: ` : ''}${valueText(last?.value)} at step ${last?.step ?? 0}`).join('; ');
  return (
    <section class={`metric-chart${shown.length > 1 ? ' several' : ''}`} data-testid="metric-chart" data-metric={metric} aria-label={metric}>
      <header>
        <h3>{metric}</h3>
        <span class="metric-at">{step === undefined ? `step ${shown[0]?.last?.step ?? 0}` : `step ${step}`}</span>
        <output class="metric-now" data-testid="metric-last" data-last={lastText}>
          {shown.map(({ client, at }, index) => (
            <span key={client} class="metric-value">
              {shown.length > 1 && <i style={{ background: `var(${curveColour(index)})` }} />}
              {shown.length > 1 && <span class="metric-client">{client}</span>}
              <b>{valueText(at?.value)}</b>
            </span>
          ))}
        </output>
      </header>
      <Plot
        frame={frame}
        range={range}
        label={unit === '' ? metric : unit}
        text={`${metric} by optimizer step. Last: ${lastText}.`}
        point={setPointed}
        zoom={(wanted) => onZoom(wanted)}
        reset={() => onZoom(undefined)}
      />
      {gaps > 0 && (
        <p class="metric-note">
          {gaps === 1 ? 'One gap' : `${gaps} gaps`}: steps without a value.
        </p>
      )}
      <MetricTable metric={metric} series={series} />
    </section>
  );
}
