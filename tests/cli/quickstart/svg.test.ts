import { describe, expect, it } from '@jest/globals';
import { renderSvg } from '../../../src/cli/quickstart/svg.js';
import { curves, falling, plan } from './made-curves.js';

const captions = { settings: 'local/small, LoRA rank 16', verdict: 'It is equal. That one is not.' };

/** The points of the curves with a class, in pixels: first the loss plot, then the difference plot. */
function pathsOf(svg: string, className: string): number[][][] {
  return [...svg.matchAll(new RegExp(`<path class="curve ${className}" d="([^"]*)"/>`, 'g'))].map(
    ([, d = '']) => d.slice(1).split('L').filter((point) => point !== '').map((point) => point.split(',').map(Number)),
  );
}

function firstPath(svg: string, className: string, index: number): number[][] {
  return pathsOf(svg, className)[index] ?? [];
}

describe('renderSvg', () => {
  const svg = renderSvg(curves, plan, captions);

  it('draws one point per step of each curve', () => {
    expect(firstPath(svg, 'uninterrupted', 0)).toHaveLength(20);
    expect(firstPath(svg, 'resumed', 0)).toHaveLength(10);
    expect(firstPath(svg, 'weights-only', 0)).toHaveLength(10);
  });

  it('draws the resumed curve exactly on the uninterrupted one', () => {
    expect(firstPath(svg, 'resumed', 0)).toEqual(firstPath(svg, 'uninterrupted', 0).slice(10));
  });

  it('draws a lower loss further down, within the plot', () => {
    const heights = firstPath(svg, 'uninterrupted', 0).map(([, y = NaN]) => y);
    expect(heights).toEqual([...heights].sort((one, other) => one - other));
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(128);
    expect(Math.max(...heights)).toBeLessThanOrEqual(400);
  });

  it('draws the difference of equal curves as a flat line and that of others above it', () => {
    const flat = new Set(firstPath(svg, 'resumed', 1).map(([, y]) => y));
    expect([...flat]).toEqual([546]);
    expect(firstPath(svg, 'weights-only', 1).map(([, y = NaN]) => y < 546)).toEqual([false, ...Array.from({ length: 9 }, () => true)]);
  });

  it('has a title, labelled axes with units, a legend and the two moments', () => {
    const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    expect(texts).toEqual(expect.arrayContaining([
      'Train, save, crash, resume', 'local/small, LoRA rank 16', 'loss (nats per token)', 'optimizer step', 'nats',
      'uninterrupted', 'resumed with optimizer', 'resumed with weights only', 'Difference from the uninterrupted run',
      'saved after step 10', 'SIGKILL after step 12', 'It is equal.', 'That one is not.',
    ]));
  });

  it('has colours for dark pages', () => {
    expect(svg).toContain('@media (prefers-color-scheme: dark)');
  });

  it('escapes what the user can choose', () => {
    const hostile = renderSvg(curves, plan, { ...captions, settings: 'a<script>&"b"' });
    expect(hostile).toContain('>a&lt;script&gt;&amp;"b"</text>');
    expect(hostile).not.toContain('<script>');
  });

  it('draws curves that never vary', () => {
    const flat = falling(1, 20).map(({ step }) => ({ step, loss: 2 }));
    const picture = renderSvg({ uninterrupted: flat, interrupted: [], resumed: flat.slice(10), weightsOnly: [] }, plan, captions);
    expect(firstPath(picture, 'uninterrupted', 0)).toHaveLength(20);
    expect(picture).not.toContain('NaN');
  });
});
