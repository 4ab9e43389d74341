import type { InspectionRecord } from '../../inspection/records.js';
import { Store } from '../model/store.js';
import { published, ready } from './state.js';

/** News are shown at most this often, in milliseconds. */
const every = 100;

let scheduled = false;
let shownAt = -every;

/** Takes records now, and shows them with the next picture that is due. */
export function take(records: readonly InspectionRecord[]): void {
  published.peek().store.apply(records);
  if (scheduled) return;
  scheduled = true;
  setTimeout(() => requestAnimationFrame(show), Math.max(0, shownAt + every - performance.now()));
}

/** Forgets everything: what comes now is of another program. */
export function beginAnew(): void {
  published.value = { store: new Store(), revision: published.peek().revision + 1 };
}

function show(): void {
  scheduled = false;
  shownAt = performance.now();
  const { store, revision } = published.peek();
  published.value = { store, revision: revision + 1 };
  ready.value = true;
}
