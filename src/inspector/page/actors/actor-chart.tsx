import type { ActorRecord } from '../../../inspection/records.js';
import type { ServiceStore } from '../../model/service-store.js';
import { StateChart } from '../chart/state-chart.js';

interface Props {
  readonly store: ServiceStore;
  readonly actor: ActorRecord;
  readonly label: string;
}

/** The chart of an actor's machine, with where the actor is; its states alone where the chart is not known. */
export function ActorChart({ store, actor, label }: Props) {
  const chart = store.charts.get(actor.machine)?.chart;
  if (chart === undefined) {
    return (
      <p class="empty">
        No chart of the machine “{actor.machine}” was told. It is in <span class="mono">{actor.states.join(', ') || 'no state'}</span>.
      </p>
    );
  }
  return <StateChart chart={chart} states={actor.states} last={actor.recent.at(-1)} label={label} />;
}
