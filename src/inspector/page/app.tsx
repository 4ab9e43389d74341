import { recordsVersion } from '../../inspection/records.js';
import { ActorsPanel } from './actors/actors-panel.js';
import { Answer } from './answer/answer.js';
import { CheckpointsPanel } from './checkpoints/checkpoints-panel.js';
import { ErrorsPanel } from './errors/errors-panel.js';
import { MetricsSection } from './metrics-section.js';
import { NoticesPanel } from './notices/notices-panel.js';
import { Announcer } from './parts/announcer.js';
import { SamplingPanel } from './sampling/sampling-panel.js';
import { SessionPanel } from './session/session-panel.js';
import { Header } from './shell/header.js';
import { LostBanner } from './shell/lost-banner.js';
import { SkipLink } from './shell/skip-link.js';
import { connection, hello, ready } from './state.js';
import { TimelineSection } from './timeline-section.js';
import { TrainingPanel } from './training/training-panel.js';

/** The whole page, from what matters first to what is seldom looked at. */
export function App() {
  return (
    <>
      <SkipLink />
      <Header />
      <main id="main" class="page" tabIndex={-1} data-stale={connection.value.state === 'lost'}>
        {ready.value ? <Content /> : <p class="connecting">{connection.value.state === 'lost' ? 'Waiting for the program.' : 'Asking the program …'}</p>}
      </main>
      <LostBanner />
      <Announcer />
    </>
  );
}

function Content() {
  const otherVersion = hello.value !== undefined && hello.value.version !== recordsVersion;
  return (
    <>
      {otherVersion && (
        <p class="advice tone-warn" role="alert">
          This was recorded in format {hello.value?.version}; the page knows format {recordsVersion}. Some of it may be missing here. Use the tinkerjs version that it was recorded with.
        </p>
      )}
      <Answer />
      <div class="row row-training">
        <TrainingPanel />
        <div class="stack">
          <SessionPanel />
          <ErrorsPanel />
        </div>
      </div>
      <TimelineSection />
      <MetricsSection />
      <div class="row row-even">
        <CheckpointsPanel />
        <SamplingPanel />
      </div>
      <div class="row row-even">
        <ActorsPanel />
        <NoticesPanel />
      </div>
    </>
  );
}
