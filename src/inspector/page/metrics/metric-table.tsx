import type { MetricSeries } from '../../model/metrics-series.js';
import { valueText } from '../../model/metrics-text.js';

const rows = 20;

interface Props {
  readonly metric: string;
  readonly series: readonly MetricSeries[];
}

/** The newest values in words, for those who cannot point at a curve. */
export function MetricTable({ metric, series }: Props) {
  const columns = series.map(({ client, points }) => ({ client, values: new Map(points.slice(-rows).map(({ step, value }) => [step, value])) }));
  const steps = [...new Set(columns.flatMap(({ values }) => [...values.keys()]))].toSorted((one, other) => other - one).slice(0, rows);
  return (
    <details class="metric-table">
      <summary>Show as table</summary>
      <div class="metric-table-scroll" tabIndex={0} role="group" aria-label={`Last values of ${metric}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">Step</th>
              {columns.map(({ client }) => (
                <th key={client} scope="col">
                  {columns.length === 1 ? metric : client}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {steps.map((step) => (
              <tr key={step}>
                <th scope="row">{step}</th>
                {columns.map(({ client, values }) => (
                  <td key={client}>{valueText(values.get(step))}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
