import { describe, expect, it } from '@jest/globals';
import { planFor } from '../../../src/cli/quickstart/curves.js';
import { renderTable, rowsOf } from '../../../src/cli/quickstart/table.js';
import { curves, falling, plan } from './made-curves.js';

describe('rowsOf', () => {
  it('shows some steps before the save, each right after it, and some up to the last', () => {
    expect(rowsOf(curves, plan).map(({ step }) => step)).toEqual([1, 6, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
  });

  it('shows at most fifteen steps of a long run', () => {
    const long = planFor(1000);
    const rows = rowsOf({ ...curves, uninterrupted: falling(1, 1000) }, long);
    expect(rows.map(({ step }) => step)).toEqual([1, 251, 500, 501, 502, 503, 504, 505, 588, 670, 753, 835, 918, 1000]);
  });

  it('writes every digit that tells two numbers apart', () => {
    const rows = rowsOf({ ...curves, resumed: [{ step: 11, loss: 0.1 + 0.2 }] }, plan);
    expect(rows.find(({ step }) => step === 11)).toEqual({
      step: 11, uninterrupted: '2.2727272727272725', resumed: '0.30000000000000004', weightsOnly: '2.2727272727272725',
    });
  });

  it('leaves a curve empty where it has no such step', () => {
    expect(rowsOf(curves, plan)[0]).toEqual({ step: 1, uninterrupted: '5', resumed: '', weightsOnly: '' });
  });
});

describe('renderTable', () => {
  it('marks equal and different losses and the save', () => {
    const short = planFor(6);
    const table = renderTable(rowsOf({
      uninterrupted: falling(1, 6),
      interrupted: falling(1, 4),
      resumed: falling(4, 6),
      weightsOnly: [...falling(4, 4), ...falling(5, 6, 0.5)],
    }, short), short, false);
    expect(table).toBe([
      '┌──────┬───────────────┬────────────────────────┬──────────────┐',
      '│ step │ uninterrupted │ resumed with optimizer │ weights only │',
      '├──────┼───────────────┼────────────────────────┼──────────────┤',
      '│    1 │ 5             │                        │              │',
      '│    2 │ 3.5           │                        │              │',
      '│    3 │ 3             │                        │              │',
      '│                checkpoint saved after step 3                 │',
      '│    4 │ 2.75          │ = 2.75                 │ = 2.75       │',
      '│    5 │ 2.6           │ = 2.6                  │ ≠ 3.1        │',
      '│    6 │ 2.5           │ = 2.5                  │ ≠ 3          │',
      '└──────┴───────────────┴────────────────────────┴──────────────┘',
    ].join('\n'));
  });

  it('uses colours only when asked to', () => {
    const rows = rowsOf(curves, plan);
    expect(renderTable(rows, plan, false)).not.toContain('\u001b');
    expect(renderTable(rows, plan, true)).toContain('\u001b[1mstep\u001b[22m');
  });
});
