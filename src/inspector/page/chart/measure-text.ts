import type { Face, Measure } from '../../model/chart-labels.js';

/** Weight and size of the chart's texts, in units of its drawing; chart.css says the same. */
const fonts: Readonly<Record<Face, string>> = { state: '600 13px', event: '500 12px', guard: '400 12px' };

let context: CanvasRenderingContext2D | null | undefined;

/** Widths as the browser draws them in the page's font. */
export const measureText: Measure = (text, face) => {
  context ??= document.createElement('canvas').getContext('2d');
  // Without a canvas, a wide guess: boxes too large rather than too small.
  if (context === null) return text.length * 8;
  const family = getComputedStyle(document.documentElement).getPropertyValue('--font').trim() || 'sans-serif';
  context.font = `${fonts[face]} ${family}`;
  return context.measureText(text).width;
};
