import type { MachineChart } from '../../../inspection/records.js';
import { standingEvents } from '../../model/chart-edges.js';
import { textOf } from '../../model/chart-labels.js';

/** What a chart does not draw: events that change nothing but the machine's memory. */
export function ChartEvents({ chart }: { readonly chart: MachineChart }) {
  const groups = standingEvents(chart);
  if (groups.length === 0) return null;
  const count = groups.reduce((sum, { transitions }) => sum + transitions.length, 0);
  return (
    <details class="chart-events">
      <summary>
        {count === 1 ? '1 event changes' : `${count} events change`} no state
      </summary>
      <dl>
        {groups.map(({ state, transitions }) => (
          <div key={state}>
            <dt>{state === '' ? 'anywhere' : state}</dt>
            <dd>{[...new Set(transitions.map(textOf))].join(', ')}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
