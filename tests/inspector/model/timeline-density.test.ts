import { describe, expect, it } from '@jest/globals';
import { densityOf, PhaseColumns, type DensityColumn } from '../../../src/inspector/model/timeline-density.js';
import { indexOperations } from '../../../src/inspector/model/timeline-index.js';
import { operationOf } from '../../support/inspection/operation-of.js';

const view = { from: 0, to: 100 };

function columnsOf(columns: PhaseColumns): DensityColumn[] {
  const found: DensityColumn[] = [];
  columns.each((column, open, phase) => found.push({ column, open, phase }));
  return found;
}

describe('columns of phases', () => {
  it('hold how many operations were open on average, and the phase of most of them', () => {
    const columns = new PhaseColumns(view, 10);
    columns.add(operationOf({ calledAt: 0, endedAt: 25, phases: [{ name: 'sending', ms: 0 }, { name: 'waiting', ms: 13 }] }), 0);
    columns.add(operationOf({ calledAt: 0, endedAt: 10, phases: [{ name: 'sending', ms: 0 }] }), 0);
    const found = columnsOf(columns);
    expect(found.map(({ column, phase }) => [column, phase])).toEqual([[0, 'sending'], [1, 'waiting'], [2, 'waiting']]);
    expect(found.map(({ open }) => Math.round(open * 100) / 100)).toEqual([2, 1, 0.5]);
  });

  it('lose nothing of what is shorter than a column', () => {
    const columns = new PhaseColumns(view, 10);
    for (let at = 0; at < 10; at += 1) columns.add(operationOf({ calledAt: 40 + at * 0.5, endedAt: 40.1 + at * 0.5, phases: [{ name: 'waiting', ms: 0 }] }), 0);
    const [only, ...others] = columnsOf(columns);
    expect(others).toEqual([]);
    expect(only?.column).toBe(4);
    expect(only?.open).toBeCloseTo(0.1, 6);
  });

  it('leave out what is beside, and cut what goes over the edges', () => {
    const columns = new PhaseColumns(view, 10);
    columns.add(operationOf({ calledAt: -50, endedAt: -10, phases: [{ name: 'waiting', ms: 0 }] }), 0);
    columns.add(operationOf({ calledAt: 150, endedAt: 160, phases: [{ name: 'waiting', ms: 0 }] }), 0);
    expect(columnsOf(columns)).toEqual([]);
    columns.add(operationOf({ calledAt: -50, endedAt: 500, phases: [{ name: 'waiting', ms: 0 }] }), 0);
    expect(columnsOf(columns).map(({ open }) => open)).toEqual(Array.from({ length: 10 }, () => 1));
  });

  it('begin anew when they are cleared', () => {
    const columns = new PhaseColumns(view, 10);
    columns.add(operationOf({ calledAt: 0, endedAt: 90, phases: [{ name: 'waiting', ms: 0 }] }), 0);
    columns.clear();
    columns.add(operationOf({ calledAt: 50, endedAt: 60, phases: [{ name: 'sending', ms: 0 }] }), 0);
    expect(columnsOf(columns)).toEqual([{ column: 5, open: 1, phase: 'sending' }]);
  });
});

describe('the density of a timeline', () => {
  it('has the most that were open at once, and where something failed', () => {
    const phases = [{ name: 'waiting', ms: 0 }] as const;
    const index = indexOperations([
      operationOf({ key: 'a', calledAt: 0, endedAt: 20, phases }),
      operationOf({ key: 'b', calledAt: 0, endedAt: 20, phases, status: 'failed' }),
      operationOf({ key: 'c', calledAt: 50, phases, status: 'failed' }),
    ]);
    const density = densityOf(index, view, 10, 100);
    expect(density.most).toBe(2);
    expect(density.failures).toEqual([2, 9]);
    expect(density.columns.map(({ column }) => column)).toEqual([0, 1, 5, 6, 7, 8, 9]);
  });

  it('is empty without operations', () => {
    expect(densityOf(indexOperations([]), view, 10, 0)).toEqual({ columns: [], most: 0, failures: [] });
  });
});
