import type { ChartTransition } from '../../inspection/records.js';
import { nameOf, type DrawnEdge } from './chart-edges.js';

export type Face = 'state' | 'event' | 'guard';

/** Width of a text in pixels. */
export type Measure = (text: string, face: Face) => number;

export interface LabelLine {
  readonly text: string;
  readonly face: Face;
}

export interface Label {
  readonly lines: readonly LabelLine[];
  readonly width: number;
  readonly height: number;
}

/** Lines of text are this far apart, in pixels. */
export const lineHeight = 15;

/** A label with more lines than this says how many were left out. */
const mostLines = 6;

/** A transition as one text: `request.settled [was answered]`. */
export function textOf({ event, guard }: ChartTransition): string {
  return guard === undefined ? event : `${event} [${guard}]`;
}

/** Everything that an arrow stands for, one a line. */
export function fullText(edge: DrawnEdge): string {
  return edge.transitions.map((transition) => originOf(edge, transition) + textOf(transition)).join('\n');
}

/**
 * The label of an arrow, broken at `widest` pixels: events that share a guard are named together, and where only the
 * guard decides it is named alone.
 */
export function labelOf(edge: DrawnEdge, widest: number, measure: Measure): Label {
  const groups = new Map<string, { readonly guard: string | undefined; readonly events: string[] }>();
  for (const transition of edge.transitions) {
    const { event, guard } = transition;
    const shown = originOf(edge, transition) + (event === 'always' && guard !== undefined ? '' : event);
    const group = groups.get(guard ?? '') ?? { guard, events: [] };
    if (!group.events.includes(shown)) group.events.push(shown);
    groups.set(guard ?? '', group);
  }
  const texts = [...groups.values()].flatMap(({ guard, events }) => [
    { text: events.filter((event) => event !== '').join(', '), face: 'event' as const },
    { text: guard === undefined ? '' : `[${guard}]`, face: 'guard' as const },
  ]);
  // A word that needs more room than that makes room for all.
  const room = Math.max(widest, ...texts.flatMap(({ text, face }) => wordsOf(text).map((word) => measure(word, face))));
  const lines = texts.flatMap(({ text, face }) => wrapped(text, face, room, measure));
  const kept = lines.length <= mostLines ? lines : [...lines.slice(0, mostLines - 1), { text: '…', face: 'guard' as const }];
  return {
    lines: kept,
    width: Math.ceil(Math.max(0, ...kept.map(({ text, face }) => measure(text, face)))),
    height: kept.length * lineHeight,
  };
}

/** Arrows are drawn between siblings; what begins deeper says so. */
function originOf(edge: DrawnEdge, { from }: ChartTransition): string {
  return from === '' || from === edge.from ? '' : `${nameOf(from)}: `;
}

const wordsOf = (text: string): readonly string[] => text.split(' ').filter((word) => word !== '');

function wrapped(text: string, face: Face, widest: number, measure: Measure): LabelLine[] {
  const lines: string[] = [];
  for (const word of wordsOf(text)) {
    const last = lines.at(-1);
    const longer = `${last ?? ''} ${word}`;
    if (last === undefined || measure(longer, face) > widest) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines.map((line) => ({ text: line, face }));
}
