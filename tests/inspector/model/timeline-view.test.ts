import { describe, expect, it } from '@jest/globals';
import { clampView, fitView, followView, frameDelayMs, leastLiveMs, momentAt, openingView, panView, revealView, showsNow, widestView, xOf, zoomView } from '../../../src/inspector/model/timeline-view.js';

const span = { from: 1000, to: 101_000 };

describe('what is seen of a timeline', () => {
  it('turns places into moments and back', () => {
    expect(momentAt({ from: 100, to: 300 }, 50, 200)).toBe(150);
    expect(xOf({ from: 100, to: 300 }, 150, 200)).toBe(50);
    expect(momentAt({ from: 100, to: 300 }, 0, 0)).toBe(100);
  });

  it('fits all with some room at both sides, even where there is no length', () => {
    expect(fitView(span)).toEqual({ from: -1000, to: 103_000 });
    const { from, to } = fitView({ from: 5, to: 5 });
    expect(to).toBeGreaterThan(from);
  });

  it('keeps the moment under the pointer when it zooms', () => {
    const zoomed = zoomView({ from: 0, to: 100 }, 0.5, 0.25);
    expect(zoomed).toEqual({ from: 12.5, to: 62.5 });
    expect(zoomView({ from: 0, to: 3 }, 0.01).to - zoomView({ from: 0, to: 3 }, 0.01).from).toBe(2);
  });

  it('pans by shares of the width', () => {
    expect(panView({ from: 0, to: 100 }, -0.1)).toEqual({ from: -10, to: 90 });
  });

  it('is no longer than all, and never quite beside it', () => {
    expect(clampView({ from: -1e9, to: 1e9 }, span)).toEqual(fitView(span));
    const beside = clampView({ from: 500_000, to: 501_000 }, span);
    expect(beside.to - beside.from).toBe(1000);
    expect(beside.from).toBeLessThan(fitView(span).to);
    expect(clampView({ from: 2000, to: 3000 }, span)).toEqual({ from: 2000, to: 3000 });
    const short = clampView({ from: 2000, to: 2000 }, span);
    expect(short.to - short.from).toBe(2);
  });

  it('follows the present at the same scale', () => {
    expect(followView({ from: 0, to: 1000 }, 5000)).toEqual({ from: 4020, to: 5020 });
    expect(showsNow({ from: 4020, to: 5020 }, 5000)).toBe(true);
    expect(showsNow({ from: 4020, to: 5020 }, 6000)).toBe(false);
  });

  it('begins with the newest few operations', () => {
    const calls = Array.from({ length: 100 }, (_, at) => at * 1000);
    const view = openingView(calls, { from: 0, to: 100_000 });
    expect(view.to).toBeGreaterThan(100_000);
    expect(Math.round(view.to - view.from)).toBe(30_000);
  });

  it('begins with room to fill where little has happened, and stays until the present comes to its end', () => {
    const early = openingView([0, 50], { from: 0, to: 200 });
    expect(early).toEqual(widestView({ from: 0, to: 200 }, leastLiveMs));
    expect(early.to - early.from).toBe(leastLiveMs);
    const later = { from: 0, to: 9000 };
    expect(clampView(followView(early, 9000), later, leastLiveMs).from).toBe(fitView(later).from);
    expect(clampView(followView(early, 60_000), { from: 0, to: 60_000 }, leastLiveMs)).toEqual(followView(early, 60_000));
  });

  it('moves only for what is not seen', () => {
    const view = { from: 0, to: 100 };
    expect(revealView(view, 90, 200)).toBe(view);
    expect(revealView(view, 500, 600)).toEqual({ from: 480, to: 580 });
  });

  it('waits with the next picture until the present has moved by a pixel, at least a thirtieth of a second and at most one', () => {
    expect(frameDelayMs({ from: 0, to: 100_000 }, 1000)).toBe(100);
    expect(frameDelayMs({ from: 0, to: 100 }, 1000)).toBe(33);
    expect(frameDelayMs({ from: 0, to: 1e9 }, 1000)).toBe(1000);
  });
});
