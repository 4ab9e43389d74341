import { operationAt, type RowRef, type TimelineIndex } from './timeline-index.js';
import { bandAt, rowsBetween, type TimelineLayout } from './timeline-layout.js';
import { endOf } from './timeline-segments.js';
import { momentAt, type TimelineView } from './timeline-view.js';

export interface HitOptions {
  readonly index: TimelineIndex;
  readonly layout: TimelineLayout;
  readonly view: TimelineView;
  /** Width of the time that is seen. */
  readonly width: number;
  /** How many pixels beside an operation still mean it. */
  readonly slack: number;
  readonly now: number;
}

/** The operation whose bar is at a place, or nearest to it within the slack. */
export function hitAt({ index, layout, view, width, slack, now }: HitOptions, x: number, y: number): RowRef | undefined {
  const band = bandAt(layout, y);
  if (band === undefined) return undefined;
  // Low rows are meant with the pixels around them, high ones only where they are.
  const reach = band.rowHeight < slack ? slack / 2 : 0;
  const [first, end] = rowsBetween(band, y - reach, Math.max(y + reach, y + 0.01));
  const room = momentAt(view, slack, width) - view.from;
  const moment = momentAt(view, x, width);
  let best: RowRef | undefined;
  let least = Infinity;
  const consider = (place: number, at: number) => {
    const row = { group: band.group, index: at };
    const operation = operationAt(index, row);
    if (operation === undefined) return;
    const outside = Math.max(0, operation.calledAt - moment, moment - endOf(operation, now));
    const below = Math.abs(band.rowsTop + (place + 0.5) * band.rowHeight - y);
    const distance = (outside / Math.max(room, Number.MIN_VALUE)) * slack + below / 4;
    if (outside <= room && distance < least) [best, least] = [row, distance];
  };
  if (band.lanes === undefined) {
    for (let place = first; place < end; place += 1) consider(place, band.rows[place] ?? 0);
  } else {
    for (const at of band.rows) {
      const lane = band.lanes[at] ?? 0;
      if (lane >= first && lane < end) consider(lane, at);
    }
  }
  return best;
}
