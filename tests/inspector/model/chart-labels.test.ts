import { describe, expect, it } from '@jest/globals';
import type { ChartTransition } from '../../../src/inspection/records.js';
import { drawnEdges, type DrawnEdge } from '../../../src/inspector/model/chart-edges.js';
import { fullText, labelOf, lineHeight, textOf, type Measure } from '../../../src/inspector/model/chart-labels.js';

const measure: Measure = (text) => text.length * 10;
const edgeOf = (...transitions: readonly Omit<ChartTransition, 'from' | 'to'>[]): DrawnEdge => ({
  id: 'a→b',
  parent: '',
  from: 'a',
  to: 'b',
  transitions: transitions.map((transition) => ({ from: 'a', to: ['b'], ...transition })),
});
const linesOf = (edge: DrawnEdge, widest = 1000): string[] => labelOf(edge, widest, measure).lines.map(({ text }) => text);

describe('labelOf', () => {
  it('names events that share a guard together', () => {
    expect(linesOf(edgeOf({ event: 'sent', guard: 'sure' }, { event: 'asked', guard: 'sure' }, { event: 'given up' }))).toEqual([
      'sent, asked',
      '[sure]',
      'given up',
    ]);
  });

  it('names the guard alone where only the guard decides', () => {
    expect(linesOf(edgeOf({ event: 'always', guard: 'something waits' }))).toEqual(['[something waits]']);
    expect(linesOf(edgeOf({ event: 'always' }))).toEqual(['always']);
  });

  it('breaks lines between words, no narrower than its longest word', () => {
    expect(linesOf(edgeOf({ event: 'x', guard: 'one two three' }), 90)).toEqual(['x', '[one two', 'three]']);
    const { lines, width } = labelOf(edgeOf({ event: 'submission.settled', guard: 'is decided' }), 50, measure);
    expect(lines.map(({ text }) => text)).toEqual(['submission.settled', '[is decided]']);
    expect(width).toBe(180);
  });

  it('is as high as its lines, and shows six at most', () => {
    const many = edgeOf(...Array.from({ length: 9 }, (_, index) => ({ event: `e${index}`, guard: `g${index}` })));
    const { lines, height } = labelOf(many, 1000, measure);
    expect(lines.map(({ text }) => text)).toEqual(['e0', '[g0]', 'e1', '[g1]', 'e2', '…']);
    expect(height).toBe(6 * lineHeight);
  });

  it('says where an arrow begins that is drawn at an outer state', () => {
    const [edge] = drawnEdges({ id: 'm', states: [], transitions: [{ from: 'alive.pulse', to: ['lost'], event: 'refused' }] });
    expect(edge === undefined ? [] : linesOf(edge)).toEqual(['pulse: refused']);
  });
});

describe('texts of transitions', () => {
  it('name event and guard', () => {
    expect(textOf({ from: 'a', to: ['b'], event: 'sent', guard: 'sure' })).toBe('sent [sure]');
    expect(fullText(edgeOf({ event: 'always', guard: 'sure' }, { event: 'sent' }))).toBe('always [sure]\nsent');
  });
});
