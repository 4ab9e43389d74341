import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { actorTree } from '../../model/actor-tree.js';
import { counted } from '../../model/format.js';
import { Panel } from '../parts/panel.js';
import { presentService } from '../state.js';
import { ActorList } from './actor-list.js';

/** Every actor of the service, under the one that started it. */
export function ActorsPanel() {
  const withEnded = useSignal(false);
  const store = presentService();
  const { actors } = store ?? {};
  const tree = useMemo(() => actorTree(actors?.items ?? [], withEnded.value), [actors, actors?.changes, withEnded.value]);
  const count = actors?.items.length ?? 0;
  return (
    <Panel
      id="actors"
      title="Actors"
      note={count === 0 ? undefined : `${counted(count - (withEnded.value ? 0 : tree.ended), 'actor')}${tree.ended > 0 ? `, ${tree.ended} ended` : ''}`}
      actions={
        <label class="check">
          <input type="checkbox" checked={withEnded.value} onChange={({ currentTarget }) => (withEnded.value = currentTarget.checked)} /> Show ended
        </label>
      }
    >
      {store === undefined || tree.roots.length === 0 ? <p class="empty">No actor runs.</p> : <ActorList store={store} tree={tree} actors={tree.roots} depth={0} />}
    </Panel>
  );
}
