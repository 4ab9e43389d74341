import { attentions } from '../../model/attention.js';
import { now, presentService } from '../state.js';

const most = 4;

/** What should be known at once, with the way to where more is said. */
export function AttentionList() {
  // Not given by who shows it: the store changes in place, and what is given alike is not drawn anew.
  const store = presentService();
  const all = store === undefined ? [] : attentions(store, now.value);
  return (
    <div class="attention">
      <h3 class="attention-title" id="attention-title">
        Needs attention
      </h3>
      {all.length === 0 ? (
        <p class="attention-none">{store === undefined ? 'Nothing is known yet.' : 'Nothing. No client is stuck, and the session is in order.'}</p>
      ) : (
        <ul class="attention-list" aria-labelledby="attention-title">
          {all.slice(0, most).map(({ key, tone, text, panel }) => (
            <li key={key} class={`attention-item tone-${tone}`} data-testid="attention-item">
              <span class="dot" aria-hidden="true" />
              <a href={`#${panel}`} onClick={(event) => jump(event, panel)}>
                {text}
              </a>
            </li>
          ))}
          {all.length > most && <li class="attention-more">… and {all.length - most} more below</li>}
        </ul>
      )}
    </div>
  );
}

/** The part of the address after `#` holds the token, so it is left alone. */
function jump(event: Event, panel: string): void {
  event.preventDefault();
  const target = document.getElementById(panel);
  target?.scrollIntoView({ block: 'start' });
  target?.focus({ preventScroll: true });
}
