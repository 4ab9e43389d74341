import { useMemo } from 'preact/hooks';
import { errorGroups, type ErrorGroup } from '../../model/error-groups.js';
import { ago, counted, dateAndTime, shortId, whole } from '../../model/format.js';
import { Panel } from '../parts/panel.js';
import { Scroll } from '../parts/scroll.js';
import { now, presentService } from '../state.js';

const most = 50;

/** Failures, the newest first; those that say the same are one. */
export function ErrorsPanel() {
  const errors = presentService()?.errors;
  const groups = useMemo(() => errorGroups(errors?.items ?? []), [errors, errors?.changes]);
  const count = errors?.items.length ?? 0;
  return (
    <Panel id="errors" class="panel-filling" title="Errors" note={count === 0 ? undefined : whole(count)}>
      {groups.length === 0 ? (
        <p class="empty">No failures.</p>
      ) : (
        <Scroll label="Errors" class="panel-scroll">
          <ol class="errors">
            {groups.slice(0, most).map((group) => (
              <Group key={group.key} group={group} />
            ))}
          </ol>
          {groups.length > most && <p class="table-more">… and {counted(groups.length - most, 'older kind')} of failure</p>}
        </Scroll>
      )}
    </Panel>
  );
}

function Group({ group: { newest, firstAt, count } }: { readonly group: ErrorGroup }) {
  return (
    <li class="error" data-testid="error-row">
      <div class="error-head">
        <span class="error-kind">{newest.kind}</span>
        {newest.status !== undefined && <span class="quiet">HTTP {newest.status}</span>}
        {count > 1 && (
          <span class="count" data-testid="error-count" title={`First ${dateAndTime(firstAt)}`}>
            {whole(count)}×
          </span>
        )}
        <span class="error-at" title={dateAndTime(newest.at)}>
          {ago(newest.at, now.value)}
        </span>
      </div>
      <p class="error-message">{newest.message}</p>
      <p class="error-advice">
        <span class="label">What to do</span> {newest.advice}
      </p>
      {(newest.operation !== undefined || newest.client !== undefined) && (
        <p class="error-where mono quiet">{[newest.client, newest.operation].filter((name) => name !== undefined).map((name) => shortId(name, 28)).join(' · ')}</p>
      )}
    </li>
  );
}
