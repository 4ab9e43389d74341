import { useState } from 'preact/hooks';
import { paths } from '../../protocol.js';
import { announce } from '../parts/announcer.js';
import { Dialog } from '../parts/dialog.js';
import { Icon } from '../parts/icons.js';
import { connection, hello } from '../state.js';

type Shown = { readonly state: 'idle' | 'busy' | 'copied' } | { readonly state: 'failed'; readonly why: string; readonly text: string };

/** Copies the whole state as JSON, for a report; where the browser forbids that, shows it to be copied by hand. */
export function SnapshotButton() {
  const [shown, setShown] = useState<Shown>({ state: 'idle' });
  const copy = async () => {
    setShown({ state: 'busy' });
    let text = '';
    try {
      const response = await fetch(paths.snapshot);
      text = response.ok ? JSON.stringify(JSON.parse(await response.text()), null, 2) : '';
      if (!response.ok) throw new Error(`the program answered with HTTP ${response.status}`);
      await navigator.clipboard.writeText(text);
      setShown({ state: 'copied' });
      announce('Copied the snapshot. It holds no keys and no data.');
      setTimeout(() => setShown({ state: 'idle' }), 2500);
    } catch (thrown) {
      setShown({ state: 'failed', why: thrown instanceof Error ? thrown.message : 'the browser does not say why', text });
    }
  };
  // A recording holds what was told, and no snapshot.
  if (hello.value?.source === 'file') return null;
  return (
    <>
      <button
        type="button"
        class="button snapshot-button"
        data-testid="copy-snapshot"
        disabled={shown.state === 'busy' || connection.value.state !== 'open'}
        title="Copies the whole state as JSON, for a report. It holds no keys and no data."
        onClick={() => void copy()}
      >
        <Icon name={shown.state === 'copied' ? 'check' : 'copy'} />
        <span>{shown.state === 'copied' ? 'Copied' : 'Copy snapshot'}</span>
      </button>
      {shown.state === 'failed' && (
        <Dialog
          title={shown.text === '' ? 'There is no snapshot' : 'Copy the snapshot by hand'}
          testId="snapshot-dialog"
          onClose={() => setShown({ state: 'idle' })}
          actions={<button type="button" class="button" onClick={() => setShown({ state: 'idle' })}>Close</button>}
        >
          <p>It could not be copied: {shown.why}.</p>
          {shown.text !== '' && <textarea class="snapshot-text" readOnly aria-label="Snapshot" value={shown.text} onFocus={({ currentTarget }) => currentTarget.select()} />}
        </Dialog>
      )}
    </>
  );
}
