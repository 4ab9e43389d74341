import { describe, expect, it } from '@jest/globals';
import { renderChart } from '../../../src/cli/quickstart/terminal-chart.js';
import { curves, falling, plan } from './made-curves.js';

const size = { columns: 72, rows: 20 };

describe('renderChart', () => {
  it('draws axes, marks, curves and a legend', () => {
    expect(renderChart(curves, plan, size, false).split('\n')).toEqual([
      'loss (nats per token)',
      '                                saved ┊     ╎ SIGKILL',
      '   5.0 ┤·                             ┊     ╎',
      '       │ ·                            ┊     ╎',
      '   4.5 ┤ ·                            ┊     ╎',
      '       │  ·                           ┊     ╎',
      '       │  ·                           ┊     ╎',
      '   4.0 ┤   ·                          ┊     ╎',
      '       │   ·                          ┊     ╎',
      '   3.5 ┤   ·                          ┊     ╎',
      '       │    ·                         ┊     ╎',
      '       │     ··                       ┊     ╎',
      '   3.0 ┤       ··                     ┊     ╎',
      '       │         ···                  ┊     ╎',
      '   2.5 ┤            ·······           ┊     xxxxxxxxxx',
      '       │                   ··············oooo         xxxxxxxxxxxxxxxxxx',
      '       │                              ┊     ╎ooooooooooooooooooooooooooo',
      '       └┬────────────┬────────────────┬───────────────┬────────────────┬',
      '        1            5               10              15               20',
      '                                 optimizer step',
      '        · uninterrupted   x weights only   o resumed with optimizer',
    ]);
  });

  it('stays within the columns it is given', () => {
    const widest = Math.max(...renderChart(curves, plan, size, false).split('\n').map((line) => line.length));
    expect(widest).toBeLessThanOrEqual(size.columns);
  });

  it('draws equal curves as the resumed one, which is drawn last', () => {
    const equal = renderChart({ ...curves, weightsOnly: falling(11, 20) }, plan, size, false).split('\n').slice(0, -1).join('\n');
    expect(equal).toContain('o');
    expect(equal).not.toContain('x');
  });

  it('gives each curve a colour when asked to', () => {
    const colored = renderChart(curves, plan, size, true);
    expect(colored).toContain('\u001b[36m·\u001b[39m');
    expect(colored).toContain('\u001b[32mo\u001b[39m');
    expect(colored).toContain('\u001b[31mx\u001b[39m');
  });

  it('draws a constant loss', () => {
    const flat = falling(1, 20).map(({ step }) => ({ step, loss: 2 }));
    const lines = renderChart({ ...curves, uninterrupted: flat, resumed: [], weightsOnly: [] }, plan, size, false).split('\n');
    expect(lines.filter((line) => line.includes('····'))).toHaveLength(1);
  });
});
