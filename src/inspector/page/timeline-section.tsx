import { programNow } from './clock.js';
import { Panel } from './parts/panel.js';
import { live, presentService } from './state.js';
import { Timeline } from './timeline/timeline.js';

/** Every operation of the service over time. */
export function TimelineSection() {
  const store = presentService();
  return (
    <Panel id="timeline" title="Timeline">
      <div class="panel-body" data-testid="timeline">
        <Timeline
          key={store?.id}
          operations={store?.operations.items ?? []}
          revision={store?.operations.changes ?? 0}
          now={programNow}
          live={live.value && store?.service?.closedAt === undefined}
        />
      </div>
    </Panel>
  );
}
