import { useSignal } from '@preact/signals';
import type { ActorRecord } from '../../../inspection/records.js';
import type { ActorTree } from '../../model/actor-tree.js';
import { counted, wholeDuration } from '../../model/format.js';
import type { ServiceStore } from '../../model/service-store.js';
import { actorStanding } from '../../model/tones.js';
import { Icon } from '../parts/icons.js';
import { now } from '../state.js';
import { ActorDetail } from './actor-detail.js';

interface Props {
  readonly store: ServiceStore;
  readonly tree: ActorTree;
  readonly actors: readonly ActorRecord[];
  readonly depth: number;
}

const most = 100;

/** Actors with the same parent. */
export function ActorList({ store, tree, actors, depth }: Props) {
  return (
    <ul class="actors">
      {actors.slice(0, most).map((actor) => (
        <Actor key={actor.key} store={store} tree={tree} actor={actor} depth={depth} />
      ))}
      {actors.length > most && <li class="table-more">… and {counted(actors.length - most, 'more actor')}</li>}
    </ul>
  );
}

function Actor({ store, tree, actor, depth }: Omit<Props, 'actors'> & { readonly actor: ActorRecord }) {
  const open = useSignal(false);
  const branch = useSignal(depth === 0);
  const children = tree.childrenOf.get(actor.key) ?? [];
  const { tone, words } = actorStanding(actor);
  return (
    <li class="actor" data-testid="actor-row">
      <div class="actor-line">
        {children.length > 0 ? (
          <button type="button" class="icon-button actor-branch" aria-expanded={branch.value} aria-label={`Actors that ${actor.id} started: ${children.length}`} onClick={() => (branch.value = !branch.value)}>
            <Icon name="chevron" />
          </button>
        ) : (
          <span class="actor-branch" />
        )}
        <button type="button" class="actor-open" aria-expanded={open.value} onClick={() => (open.value = !open.value)}>
          <span class={`dot tone-${tone}`} aria-hidden="true" />
          <span class="actor-id mono">{actor.id}</span>
          <span class="actor-machine">{actor.machine}</span>
          <span class="actor-states mono">{actor.states.join(' · ')}</span>
          <span class="actor-since">{actor.status === 'active' ? `for ${wholeDuration(now.value - actor.since)}` : words}</span>
        </button>
      </div>
      {open.value && <ActorDetail store={store} actor={actor} />}
      {branch.value && children.length > 0 && <ActorList store={store} tree={tree} actors={children} depth={depth + 1} />}
    </li>
  );
}
