import { Icon } from '../parts/icons.js';
import { themeChoice, type ThemeChoice } from '../theme.js';

const next: Readonly<Record<ThemeChoice, ThemeChoice>> = { system: 'light', light: 'dark', dark: 'system' };
const icons = { system: 'system', light: 'sun', dark: 'moon' } as const;
const words = { system: 'as the system', light: 'light', dark: 'dark' } as const;

/** Goes round: as the system, light, dark. */
export function ThemeButton() {
  const choice = themeChoice.value;
  const label = `Theme: ${words[choice]}. Change to ${words[next[choice]]}`;
  return (
    <button type="button" class="icon-button" data-testid="theme" title={label} aria-label={label} onClick={() => (themeChoice.value = next[choice])}>
      <Icon name={icons[choice]} />
    </button>
  );
}
