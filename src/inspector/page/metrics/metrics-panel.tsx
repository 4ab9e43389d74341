import { useMemo, useState } from 'preact/hooks';
import type { MetricsRecord } from '../../../inspection/records.js';
import type { StepRange } from '../../model/metrics-frame.js';
import { firstShown, metricNames } from '../../model/metrics-names.js';
import { metricSeries } from '../../model/metrics-series.js';
import { MetricChart } from './metric-chart.js';
import { MetricChoice } from './metric-choice.js';

interface Props {
  readonly metrics: readonly MetricsRecord[];
  /** Grows with every change of the records. */
  readonly revision: number;
}

/** What training measured, a chart for each metric; all of them show the same steps. */
export function MetricsPanel({ metrics, revision }: Props) {
  const { series, replaced } = useMemo(() => metricSeries(metrics), [metrics, revision]);
  const [chosen, setChosen] = useState<readonly string[] | undefined>(undefined);
  const [zoomed, setZoomed] = useState<StepRange | undefined>(undefined);
  const names = useMemo(() => metricNames(series), [series]);
  const shown = names.filter((name) => (chosen ?? firstShown(names)).includes(name));
  const charts = useMemo(() => new Map(names.map((name) => [name, series.filter(({ metric }) => metric === name)])), [names, series]);
  if (names.length === 0) {
    return (
      <div class="metrics" data-testid="metrics">
        <p class="metrics-empty">No metrics yet. They come with the result of the first forward or backward pass.</p>
      </div>
    );
  }
  return (
    <div class="metrics" data-testid="metrics">
      <div class="metrics-tools">
        <MetricChoice names={names} shown={shown} onChange={setChosen} />
        <button type="button" class="metrics-reset" disabled={zoomed === undefined} onClick={() => setZoomed(undefined)}>
          Reset zoom
        </button>
        <span class="metrics-hint">Drag across a chart to zoom, double-click to see everything.</span>
      </div>
      {replaced > 0 && (
        <p class="metric-note">
          {replaced === 1 ? 'One step was' : `${replaced} steps were`} taken again after training was resumed: the later values are shown.
        </p>
      )}
      <div class="metrics-charts">
        {shown.map((name) => (
          <MetricChart key={name} metric={name} series={charts.get(name) ?? []} zoomed={zoomed} onZoom={setZoomed} />
        ))}
      </div>
      {shown.length === 0 && <p class="metrics-empty">No metric is chosen.</p>}
    </div>
  );
}
