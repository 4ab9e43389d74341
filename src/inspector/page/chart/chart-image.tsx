import type { MachineChart } from '../../../inspection/records.js';
import type { ChartDrawing } from '../../model/chart-drawing.js';
import { anywhereText, startRadius } from '../../model/chart-sizes.js';
import { isActive, toneOf, toneWithin } from '../../model/chart-tone.js';
import { Arrow, EdgeLabel } from './edge.js';
import { StateBoxView } from './state-box.js';

interface Props {
  readonly chart: MachineChart;
  readonly drawing: ChartDrawing;
  /** Pixels a unit of the drawing. */
  readonly scale: number;
  readonly states: readonly string[];
  /** Ids of the arrows along which it came. */
  readonly taken: ReadonlySet<string>;
  /** When it came along them. */
  readonly takenAt: number | undefined;
  readonly text: string;
}

export function ChartImage({ chart, drawing, scale, states, taken, takenAt, text }: Props) {
  const { width, height, boxes, edges, starts, anywhere } = drawing;
  const outer = boxes.filter((box) => box.outer);
  const plain = boxes.filter((box) => !box.outer);
  const came = edges.filter(({ edge }) => taken.has(edge.id));
  const quiet = edges.filter(({ edge }) => !taken.has(edge.id));
  // An arrow that was taken long ago does not begin to glow because the page was opened.
  const age = takenAt === undefined ? 0 : Math.max(0, Date.now() - takenAt);
  return (
    <svg class="chart-image" width={width * scale} height={height * scale} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={text}>
      {outer.map((box) => (
        <StateBoxView key={box.state.path} box={box} active={isActive(box.state.path, states)} tone={toneWithin(chart, box.state.path, states)} />
      ))}
      {starts.map(([dot, ...rest], index) =>
        dot === undefined ? null : (
          <g key={index} class="chart-edge chart-start">
            <circle cx={dot.x} cy={dot.y} r={startRadius} />
            <Arrow points={[dot, ...rest]} />
          </g>
        ),
      )}
      {anywhere.map(({ x, y, width: wide, height: high }, index) => (
        <g key={index} class="chart-anywhere">
          <rect x={x} y={y} width={wide} height={high} rx={high / 2} />
          <text class="chart-guard" x={x + wide / 2} y={y + high / 2 + 4} text-anchor="middle">
            {anywhereText}
          </text>
        </g>
      ))}
      {quiet.map(({ edge, points }) => (
        <g key={edge.id} class="chart-edge">
          <Arrow points={points} />
        </g>
      ))}
      {came.map(({ edge, points }) => (
        <g key={`${edge.id} ${takenAt ?? 0}`} class="chart-edge taken" style={{ animationDelay: `${-age}ms` }}>
          <Arrow points={points} />
        </g>
      ))}
      {plain.map((box) => (
        <StateBoxView key={box.state.path} box={box} active={isActive(box.state.path, states)} tone={toneOf(box.state.path)} />
      ))}
      {edges.map((line) => (
        <g key={line.edge.id} class={taken.has(line.edge.id) ? 'taken' : ''}>
          <EdgeLabel line={line} />
        </g>
      ))}
    </svg>
  );
}
