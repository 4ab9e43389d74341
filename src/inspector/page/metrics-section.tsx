import { useMemo } from 'preact/hooks';
import { Panel } from './parts/panel.js';
import { MetricsPanel } from './metrics/metrics-panel.js';
import { presentService } from './state.js';
import { presentTraining } from './training/present-training.js';

/** The metrics of the training client that is shown. */
export function MetricsSection() {
  const store = presentService();
  const client = presentTraining(store)?.key;
  const metrics = store?.metrics;
  const changes = metrics?.changes ?? 0;
  const ofClient = useMemo(() => (metrics?.items ?? []).filter((record) => record.client === client), [metrics, changes, client]);
  return (
    <Panel id="metrics" title="Metrics">
      <div class="panel-body" data-testid="metrics">
        <MetricsPanel metrics={ofClient} revision={changes} />
      </div>
    </Panel>
  );
}
