import type { StateBox } from '../../model/chart-drawing.js';
import { nameOf } from '../../model/chart-edges.js';
import type { StateTone } from '../../model/chart-tone.js';

interface Props {
  readonly box: StateBox;
  readonly active: boolean;
  readonly tone: StateTone;
}

/** A state: its name, what runs in it, a second border where a machine ends. */
export function StateBoxView({ box: { state, runs, outer, x, y, width, height }, active, tone }: Props) {
  const middle = x + width / 2;
  const centre = y + height / 2;
  return (
    <g
      class={`chart-state-box${outer ? ' outer' : ''}${active ? ` active tone-${tone}` : ''}`}
      data-testid="chart-state"
      data-path={state.path}
      data-active={String(active)}
    >
      <title>{runs === '' ? state.path : `${state.path}: ${runs}`}</title>
      <rect class="chart-frame" x={x} y={y} width={width} height={height} rx="9" />
      {state.type === 'final' && <rect class="chart-inner-frame" x={x + 3.5} y={y + 3.5} width={width - 7} height={height - 7} rx="6" />}
      {outer ? (
        <text class="chart-state" x={x + 12} y={y + 18}>
          {nameOf(state.path)}
        </text>
      ) : (
        <text class="chart-state" x={middle} y={runs === '' ? centre + 4.5 : centre - 4} text-anchor="middle">
          {nameOf(state.path)}
        </text>
      )}
      {!outer && runs !== '' && (
        <text class="chart-runs" x={middle} y={centre + 13} text-anchor="middle">
          {runs}
        </text>
      )}
    </g>
  );
}
