import { computed, effect, signal } from '@preact/signals';
import { theme } from './state.js';

export type ThemeChoice = 'system' | 'light' | 'dark';

const place = 'tinkerjs-inspector-theme';
const systemIsDark = matchMedia('(prefers-color-scheme: dark)');
const systemTheme = signal<'light' | 'dark'>(systemIsDark.matches ? 'dark' : 'light');

/** What the reader chose; kept in the browser. */
export const themeChoice = signal<ThemeChoice>(kept());

/** Puts the theme on the page, and keeps to what the system prefers while nothing else is chosen. */
export function startTheme(): void {
  const present = computed(() => (themeChoice.value === 'system' ? systemTheme.value : themeChoice.value));
  systemIsDark.addEventListener('change', ({ matches }) => (systemTheme.value = matches ? 'dark' : 'light'));
  effect(() => {
    document.documentElement.dataset.theme = present.value;
    theme.value = present.value;
  });
  effect(() => keep(themeChoice.value));
}

function kept(): ThemeChoice {
  try {
    const found = localStorage.getItem(place);
    return found === 'light' || found === 'dark' ? found : 'system';
  } catch {
    return 'system';
  }
}

/** Browsers may forbid to keep anything; then the choice lasts as long as the page. */
function keep(choice: ThemeChoice): void {
  try {
    localStorage.setItem(place, choice);
  } catch {
    return;
  }
}
