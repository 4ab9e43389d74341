import { describe, expect, it } from '@jest/globals';
import { fitView } from '../../../../src/inspector/model/timeline-view.js';
import { TimelineStage } from '../../../../src/inspector/page/timeline/stage.js';
import { samples } from '../../made.js';

const all = samples(1_000).map((record, number) => ({ ...record, calledAt: number * 1_000, endedAt: number * 1_000 + 50 }));
const spanOf = (count: number) => {
  const ends = all.slice(0, count).map(({ endedAt }) => endedAt);
  return { from: all[0]?.calledAt ?? 0, to: Math.max(...ends) };
};

describe('the timeline of what is over', () => {
  it('shows all of it, also when it comes in pieces', () => {
    const stage = new TimelineStage(() => 0);
    stage.update(all.slice(0, 500), false, {});
    expect(stage.view).toEqual(fitView(spanOf(500)));
    stage.update(all, false, {});
    expect(stage.view).toEqual(fitView(spanOf(1_000)));
  });

  it('stays where the reader looks', () => {
    const stage = new TimelineStage(() => 0);
    stage.update(all.slice(0, 500), false, {});
    stage.zoom(0.5);
    const { view } = stage;
    stage.update(all, false, {});
    expect(stage.view).toBe(view);
  });

  it('stays where it is when a run that was followed ends', () => {
    const stage = new TimelineStage(() => spanOf(500).to);
    stage.update(all.slice(0, 500), true, {});
    const { view } = stage;
    stage.update(all.slice(0, 500), false, {});
    expect(stage.view).toEqual(view);
    expect(view.to - view.from).toBeLessThan(100_000);
  });
});
