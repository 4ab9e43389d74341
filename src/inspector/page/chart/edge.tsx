import { curveBasis, line } from 'd3-shape';
import type { EdgeLine, Point } from '../../model/chart-drawing.js';
import { fullText, lineHeight } from '../../model/chart-labels.js';

const path = line<Point>((point) => point.x, (point) => point.y).curve(curveBasis);
const headLength = 8;

/** An arrow without its label. */
export function Arrow({ points }: { readonly points: readonly Point[] }) {
  const [before, tip] = points.slice(-2);
  if (before === undefined || tip === undefined) return null;
  const length = Math.hypot(tip.x - before.x, tip.y - before.y) || 1;
  const ahead = { x: (tip.x - before.x) / length, y: (tip.y - before.y) / length };
  const back = (by: number, aside: number): Point => ({ x: tip.x - by * ahead.x - aside * ahead.y, y: tip.y - by * ahead.y + aside * ahead.x });
  const head = [tip, back(headLength, 3.6), back(headLength, -3.6)].map(({ x, y }) => `${x},${y}`).join(' ');
  return (
    <>
      <path class="chart-line" d={path([...points.slice(0, -1), back(headLength - 2, 0)]) ?? ''} />
      <polygon class="chart-head" points={head} />
    </>
  );
}

export function EdgeLabel({ line: { edge, label, area } }: { readonly line: EdgeLine }) {
  return (
    <g class="chart-label">
      <title>{fullText(edge)}</title>
      <rect x={area.x - 3} y={area.y - 1} width={area.width + 6} height={area.height + 2} rx="3" />
      {label.lines.map(({ text, face }, index) => (
        <text key={index} class={`chart-${face}`} x={area.x + area.width / 2} y={area.y + index * lineHeight + 11.5} text-anchor="middle">
          {text}
        </text>
      ))}
    </g>
  );
}
