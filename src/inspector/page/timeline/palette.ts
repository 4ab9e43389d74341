import type { PhaseName } from '../../../inspection/records.js';

/** The page's colours as a canvas needs them. */
export interface Palette {
  readonly phases: Readonly<Record<PhaseName, string>>;
  readonly surface: string;
  readonly sunken: string;
  readonly hover: string;
  readonly border: string;
  readonly borderStrong: string;
  readonly text: string;
  readonly text2: string;
  readonly text3: string;
  readonly accent: string;
  readonly accentSoft: string;
  /** For words upon a phase. */
  readonly onPhase: string;
  readonly bad: string;
  readonly badText: string;
  readonly gridLine: string;
  readonly font: string;
}

/** Reads them from the style sheet, as they are in the present theme. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    phases: {
      queued: read('phase-queued'),
      encoding: read('phase-encoding'),
      sending: read('phase-sending'),
      waiting: read('phase-waiting'),
      paused: read('phase-paused'),
      downloading: read('phase-downloading'),
    },
    surface: read('surface'),
    sunken: read('sunken'),
    hover: read('hover'),
    border: read('border'),
    borderStrong: read('border-strong'),
    text: read('text'),
    text2: read('text-2'),
    text3: read('text-3'),
    accent: read('accent'),
    accentSoft: read('accent-soft'),
    onPhase: read('on-accent'),
    bad: read('bad'),
    badText: read('bad-text'),
    gridLine: read('grid-line'),
    font: read('font'),
  };
}

/** Tells whenever the theme changes; gives what ends that. */
export function onThemeChange(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  return () => observer.disconnect();
}
