import { counted, dateAndTime, timeOfDay, whole } from '../../model/format.js';
import { Panel } from '../parts/panel.js';
import { Scroll } from '../parts/scroll.js';
import { presentService } from '../state.js';

const most = 100;

/** What happened that is no failure, the newest first. */
export function NoticesPanel() {
  const all = presentService()?.notices.items ?? [];
  return (
    <Panel id="notices" title="Notices" note={all.length === 0 ? undefined : whole(all.length)}>
      {all.length === 0 ? (
        <p class="empty">Nothing to report.</p>
      ) : (
        <Scroll label="Notices" class="panel-scroll">
          <ol class="notices">
            {all
              .slice(-most)
              .toReversed()
              .map(({ key, at, level, text }) => (
                <li key={key} class="notice" data-testid="notice-row">
                  <time class="notice-at" title={dateAndTime(at)}>
                    {timeOfDay(at)}
                  </time>
                  <span class={`dot tone-${level === 'warning' ? 'warn' : 'idle'}`} aria-hidden="true" />
                  <span>
                    {level === 'warning' && <span class="hidden">Warning: </span>}
                    {text}
                  </span>
                </li>
              ))}
          </ol>
          {all.length > most && <p class="table-more">… and {counted(all.length - most, 'older notice')}</p>}
        </Scroll>
      )}
    </Panel>
  );
}
