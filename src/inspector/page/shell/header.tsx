import { ConnectionState } from './connection-state.js';
import { ServiceFacts } from './service-facts.js';
import { SnapshotButton } from './snapshot-button.js';
import { ThemeButton } from './theme-button.js';

export function Header() {
  return (
    <header class="header">
      <h1 class="brand">
        <svg class="brand-mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
          <rect x="2" y="4" width="11" height="4" rx="1.5" class="mark-a" />
          <rect x="8" y="10" width="14" height="4" rx="1.5" class="mark-b" />
          <rect x="4" y="16" width="7" height="4" rx="1.5" class="mark-c" />
        </svg>
        <span>
          tinkerjs <span class="brand-light">inspector</span>
        </span>
      </h1>
      <ConnectionState />
      <ServiceFacts />
      <div class="header-actions">
        <SnapshotButton />
        <ThemeButton />
      </div>
    </header>
  );
}
