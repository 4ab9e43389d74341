import type { RowRef, TimelineIndex } from '../../model/timeline-index.js';
import type { TimelineLayout } from '../../model/timeline-layout.js';
import { xOf, type TimelineView } from '../../model/timeline-view.js';
import type { Palette } from './palette.js';

/** All that a picture of the timeline is made from. Lengths are CSS pixels. */
export interface Scene {
  readonly index: TimelineIndex;
  readonly layout: TimelineLayout;
  readonly view: TimelineView;
  /** The moment that relative times count from. */
  readonly origin: number;
  readonly now: number;
  /** Whether the present is marked. */
  readonly live: boolean;
  readonly width: number;
  readonly height: number;
  readonly pixelRatio: number;
  readonly scrollTop: number;
  readonly measures: Measures;
  readonly palette: Palette;
  readonly hovered: RowRef | undefined;
  readonly selected: RowRef | undefined;
  /** Where the pointer is; undefined when it is elsewhere. */
  readonly pointerX: number | undefined;
}

/** Lengths that grow with the page's type. */
export interface Measures {
  readonly rem: number;
  /** Width of the names at the left. */
  readonly gutter: number;
  readonly axisHeight: number;
  readonly rowHeight: number;
  readonly headerHeight: number;
  readonly nameHeight: number;
}

export function measuresOf(rem: number, width: number): Measures {
  return {
    rem,
    gutter: Math.round(Math.min(rem * 13, Math.max(rem * 7.5, width * 0.28))),
    axisHeight: Math.round(rem * 2.5),
    rowHeight: Math.round(rem * 1.5),
    headerHeight: Math.round(rem * 1.75),
    nameHeight: Math.round(rem * 2.6),
  };
}

/** Width in which time is drawn. */
export function plotWidth({ width, measures }: Pick<Scene, 'width' | 'measures'>): number {
  return Math.max(1, width - measures.gutter);
}

/** Where a moment is drawn. */
export function sceneX(scene: Scene, moment: number): number {
  return scene.measures.gutter + xOf(scene.view, moment, plotWidth(scene));
}

/** The nearest edge of a pixel of the screen: what is drawn there is sharp. */
export function snapped(scene: Scene, length: number): number {
  return Math.round(length * scene.pixelRatio) / scene.pixelRatio;
}

export function sameRow(a: RowRef | undefined, b: RowRef | undefined): boolean {
  return a !== undefined && a.group === b?.group && a.index === b.index;
}
