import { useEffect } from 'preact/hooks';
import { timeOfDay, wholeDuration } from '../../model/format.js';
import type { Standing } from '../../model/tones.js';
import { announce } from '../parts/announcer.js';
import { Badge } from '../parts/badge.js';
import { connection, heardAt, hello, wallClock } from '../state.js';

/** Whether what is seen is so now, and since when not. */
export function ConnectionState() {
  const { standing, note, spoken } = described();
  useEffect(() => announce(spoken), [spoken]);
  return (
    <div class="connection" data-testid="connection" data-state={standing.words}>
      <Badge standing={standing} />
      <span class="connection-note">{note}</span>
    </div>
  );
}

function described(): { readonly standing: Standing; readonly note: string; readonly spoken: string } {
  const present = connection.value;
  const greeting = hello.value;
  if (present.state === 'lost') {
    return {
      standing: { tone: 'bad', words: 'disconnected' },
      note: heardAt.value === 0 ? 'never reached' : `last news ${timeOfDay(heardAt.value)}`,
      spoken: 'The connection to the program is lost. Trying again.',
    };
  }
  if (greeting === undefined) return { standing: { tone: 'busy', words: 'connecting' }, note: '', spoken: '' };
  if (greeting.source === 'file') return { standing: { tone: 'idle', words: 'recording' }, note: greeting.file ?? '', spoken: 'Showing a recording.' };
  const silent = wallClock.value - heardAt.value;
  return {
    standing: { tone: 'ok', words: 'live' },
    note: silent < 8000 ? '' : `nothing new for ${wholeDuration(silent)}`,
    spoken: 'Connected to the program.',
  };
}
