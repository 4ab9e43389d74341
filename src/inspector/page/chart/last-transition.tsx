import type { ActorTransition } from '../../../inspection/records.js';
import { changeOf, stateNames } from '../../model/chart-text.js';

/** In words, how the machine came to where it is. */
export function LastTransition({ last }: { readonly last: ActorTransition | undefined }) {
  if (last === undefined) return <p class="chart-last">No transition yet.</p>;
  const { left, entered } = changeOf(last);
  const at = new Date(last.at);
  return (
    <p class="chart-last" data-testid="chart-last" data-event={last.event} data-from={last.from.join(' ')} data-to={last.to.join(' ')}>
      <span class="chart-last-event">{last.event}</span>
      <span>
        {stateNames(left) || 'start'} <span aria-label="to">→</span> {stateNames(entered)}
      </span>
      <time dateTime={at.toISOString()}>{at.toLocaleTimeString()}</time>
    </p>
  );
}
