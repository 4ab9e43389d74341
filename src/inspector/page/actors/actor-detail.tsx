import type { ActorRecord } from '../../../inspection/records.js';
import { changedStates } from '../../model/changed-states.js';
import { counted, timeOfDay } from '../../model/format.js';
import type { ServiceStore } from '../../model/service-store.js';
import { ActorChart } from './actor-chart.js';

/** An actor's chart and how it came to where it is. */
export function ActorDetail({ store, actor }: { readonly store: ServiceStore; readonly actor: ActorRecord }) {
  return (
    <div class="actor-detail">
      <ActorChart store={store} actor={actor} label={actor.id} />
      <div>
        <h3>{counted(actor.transitions, 'transition')}, the newest first</h3>
        <ol class="transitions">
          {actor.recent.toReversed().map(({ event, from, to, at }, place) => (
            <li key={`${at} ${place}`}>
              <time class="notice-at">{timeOfDay(at)}</time>
              <span class="mono">{event}</span>
              <span class="quiet">{changedStates(from, to)}</span>
            </li>
          ))}
        </ol>
      </div>
    </div>
  );
}
