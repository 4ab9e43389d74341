import type { ServiceRecord } from '../../../inspection/records.js';
import { ago, dateAndTime, duration, shortId, whole, wholeDuration } from '../../model/format.js';
import { sessionAdvice } from '../../model/session-advice.js';
import { sessionStanding } from '../../model/tones.js';
import { Badge } from '../parts/badge.js';
import { CopyButton } from '../parts/copy-button.js';
import { Fact } from '../parts/fact.js';
import { Panel } from '../parts/panel.js';
import { now, presentService } from '../state.js';
import { presentTraining } from '../training/present-training.js';

/** The session with the server: whether it lives, and what to do if not. */
export function SessionPanel() {
  const store = presentService();
  const service = store?.service;
  if (service === undefined) {
    return (
      <Panel id="session" title="Session">
        <p class="empty">No service yet. One appears here as soon as the program makes a ServiceClient.</p>
      </Panel>
    );
  }
  const { session } = service;
  const closed = service.closedAt !== undefined;
  const standing = closed ? ({ tone: 'idle', words: 'closed' } as const) : sessionStanding(session);
  const advice = closed ? '' : sessionAdvice(session.state, presentTraining(store)?.lastCheckpoint);
  return (
    <Panel id="session" title="Session" actions={<Badge standing={standing} testId="session-state" />}>
      <SessionNumbers service={service} />
      <p class="session-id">
        <span class="label">Id</span>{' '}
        {session.id === undefined ? (
          <span class="quiet">none yet</span>
        ) : (
          <>
            <span class="mono path" title={session.id}>
              {shortId(session.id, 28)}
            </span>
            <CopyButton text={session.id} what="session id" />
          </>
        )}
      </p>
      {advice !== '' && <p class={`advice tone-${standing.tone}`} data-testid="session-advice">{advice}</p>}
      {service.billingPausedAt !== undefined && !closed && (
        <p class="advice tone-bad" data-testid="billing-advice">
          Operations wait for the account since {dateAndTime(service.billingPausedAt)} ({wholeDuration(now.value - service.billingPausedAt)}). Settle the account; they go on by themselves.
        </p>
      )}
    </Panel>
  );
}

function SessionNumbers({ service: { session } }: { readonly service: ServiceRecord }) {
  const { heardAt, heartbeats, failedHeartbeats, heartbeatMs } = session;
  return (
    <dl class="facts facts-session">
      <Fact label="Server heard" testId="heard">
        {heardAt === undefined ? 'never' : ago(heardAt, now.value)}
      </Fact>
      <Fact label="Latency" testId="latency">
        {heartbeatMs === undefined ? '–' : duration(heartbeatMs)}
      </Fact>
      <Fact label="Heartbeats" testId="heartbeats">
        {whole(heartbeats)}
      </Fact>
      <Fact label="Unanswered" tone={failedHeartbeats > 0 ? 'warn' : undefined} testId="failed-heartbeats">
        {whole(failedHeartbeats)}
      </Fact>
    </dl>
  );
}
