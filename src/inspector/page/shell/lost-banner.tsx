import { dateAndTime, wholeDuration } from '../../model/format.js';
import { connect } from '../link.js';
import { connection, heardAt, wallClock } from '../state.js';

/** Says over a lost connection how old the picture is, and when the next attempt is. Covers nothing that was told. */
export function LostBanner() {
  const present = connection.value;
  if (present.state !== 'lost') return null;
  const left = Math.max(0, Math.ceil((present.retryAt - wallClock.value) / 1000));
  const told = heardAt.value !== 0;
  return (
    <section class="lost" aria-label="Connection" data-testid="lost-banner">
      <p>
        <strong>{told ? 'No connection to the program.' : 'The program has not been reached yet.'}</strong>{' '}
        {told
          ? `What you see is from ${dateAndTime(heardAt.value)}, ${wholeDuration(wallClock.value - heardAt.value)} ago. It may have ended, or the tunnel to it.`
          : 'Is it running, and is the tunnel to it open?'}
      </p>
      <span class="lost-retry">{left === 0 ? 'Trying again …' : `Trying again in ${left} s`}</span>
      <button type="button" class="button" onClick={connect}>
        Try now
      </button>
    </section>
  );
}
