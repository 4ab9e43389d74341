import { signal } from '@preact/signals';

const said = signal('');

/** Says something to readers who do not see it: the result of a button, a lost connection. */
export function announce(text: string): void {
  said.value = text;
}

/** Where it is said; there once on the page. */
export function Announcer() {
  return (
    <div class="hidden" role="status" aria-live="polite" data-testid="announcer">
      {said.value}
    </div>
  );
}
