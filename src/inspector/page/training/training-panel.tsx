import type { TrainingRecord } from '../../../inspection/records.js';
import { shortId } from '../../model/format.js';
import type { ServiceStore } from '../../model/service-store.js';
import { standstill } from '../../model/standstill.js';
import { trainingStanding } from '../../model/tones.js';
import { ActorChart } from '../actors/actor-chart.js';
import { Badge } from '../parts/badge.js';
import { CopyButton } from '../parts/copy-button.js';
import { Panel } from '../parts/panel.js';
import { Tabs } from '../parts/tabs.js';
import { chosenClient, presentService } from '../state.js';
import { ControlBar } from './control-bar.js';
import { presentTraining } from './present-training.js';
import { QueueTable } from './queue-table.js';
import { TrainingFacts } from './training-facts.js';

/** The training client that is shown, and the choice between them. */
export function TrainingPanel() {
  const store = presentService();
  const training = presentTraining(store);
  const all = store?.trainings.items ?? [];
  if (store === undefined || training === undefined) {
    return (
      <Panel id="training" title="Training client" class="training">
        <p class="empty">No training client yet. One appears here as soon as the program creates or restores one.</p>
      </Panel>
    );
  }
  return (
    <Panel id="training" title={all.length > 1 ? `Training clients` : 'Training client'} note={all.length > 1 ? `${all.length}` : undefined} class="training">
      {all.length > 1 && <ClientTabs all={all} chosen={training.key} />}
      <div id="training-client" {...(all.length > 1 && { role: 'tabpanel', 'aria-label': training.key })}>
        <ClientHead service={store.id} training={training} />
        <Standstill training={training} store={store} />
        <TrainingFacts training={training} />
        <div class="training-columns">
          <TrainingChart store={store} training={training} />
          <QueueTable training={training} />
        </div>
      </div>
    </Panel>
  );
}

function ClientTabs({ all, chosen }: { readonly all: readonly TrainingRecord[]; readonly chosen: string }) {
  const tabs = all.map((training) => ({
    key: training.key,
    content: (
      <>
        <span class="mono">{shortId(training.key)}</span>
        <Badge standing={trainingStanding(training)} />
      </>
    ),
  }));
  return <Tabs label="Training clients" tabs={tabs} chosen={chosen} panel="training-client" onChoose={(key) => (chosenClient.value = key)} />;
}

function ClientHead({ service, training }: { readonly service: string; readonly training: TrainingRecord }) {
  return (
    <div class="client-head">
      <div class="client-name">
        <Badge standing={trainingStanding(training)} testId="training-state" />
        <span class="client-id mono" title={training.key} data-testid="training-id">
          {training.key}
        </span>
        <CopyButton text={training.key} what="model id" />
      </div>
      <ControlBar key={training.key} service={service} training={training} />
    </div>
  );
}

function Standstill({ store, training }: { readonly store: ServiceStore; readonly training: TrainingRecord }) {
  const text = standstill(training, store.operations.items);
  return text === undefined ? null : (
    <p class={`advice tone-${trainingStanding(training).tone}`} data-testid="standstill">
      {text}
    </p>
  );
}

function TrainingChart({ store, training }: { readonly store: ServiceStore; readonly training: TrainingRecord }) {
  const { items } = store.actors;
  const actor = items.find(({ id, machine }) => id === training.actor && machine === 'training') ?? items.find(({ id }) => id === training.actor);
  return (
    <div class="training-chart">
      <h3>State</h3>
      {actor === undefined ? <p class="empty">The chart of this client was not told, or is not kept any more.</p> : <ActorChart store={store} actor={actor} label="the training client" />}
    </div>
  );
}
