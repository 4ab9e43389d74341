import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import { drawn, escape, picture, width } from './chart-style.mjs';
import { number } from './units.mjs';

const left = 76;
const right = width - 130;
const frame = { top: 96, bottom: 356 };
const height = 418;
const leastDistance = 16;

/**
 * Memory over a long run, from the idle client on.
 * @param {Record<string, import('./summary.mjs').ClientSummary>} clients
 */
export function soakChart(clients) {
  const curves = drawn.flatMap(([name, label]) => {
    const soak = clients[name]?.soak;
    if (soak === undefined) return [];
    return [{ name, label, points: [{ operations: 0, rssMB: soak.idleMB.median }, ...soak.samples] }];
  });
  const points = curves.flatMap((curve) => curve.points);
  const x = scaleLinear([0, Math.max(...points.map(({ operations }) => operations))], [left, right]);
  const y = scaleLinear([0, Math.max(...points.map(({ rssMB }) => rssMB))], [frame.bottom, frame.top]).nice(5);
  const about = {
    title: 'Memory of a long run',
    says: 'Resident memory in MB over saves and loads, 64 at a time; at 0, the idle client. Lower is better, flat is good.',
    height,
  };
  const draw = line(({ operations }) => x(operations), ({ rssMB }) => y(rssMB)).digits(1);
  return picture(about, [
    ...y.ticks(5).map((value) => {
      const at = y(value).toFixed(1);
      return `<line class="grid" x1="${left}" x2="${right}" y1="${at}" y2="${at}"/>`
        + `<text class="tick" x="${left - 10}" y="${at}" dy="0.35em" text-anchor="end">${number(value, 0)}</text>`;
    }),
    `<text transform="translate(26 ${(frame.top + frame.bottom) / 2}) rotate(-90)" text-anchor="middle">MB</text>`,
    `<line class="axis" x1="${left}" x2="${right}" y1="${frame.bottom}" y2="${frame.bottom}"/>`,
    ...x.ticks(5).map((value) => {
      const at = x(value).toFixed(1);
      return `<line class="axis" x1="${at}" x2="${at}" y1="${frame.bottom}" y2="${frame.bottom + 5}"/>`
        + `<text class="tick" x="${at}" y="${frame.bottom + 20}" text-anchor="middle">${number(value, 0)}</text>`;
    }),
    `<text x="${(left + right) / 2}" y="${frame.bottom + 44}" text-anchor="middle">operations</text>`,
    ...curves.map(({ name, points: all }) => `<path class="curve ${name}" d="${draw(all) ?? ''}"/>`),
    ...namesAtEnds(curves, x, y),
  ]);
}

/** Each name stands where its curve ends; names that would touch move apart. */
function namesAtEnds(curves, x, y) {
  const ends = curves
    .flatMap(({ label, points }) => {
      const end = points.at(-1);
      return end === undefined ? [] : [{ label, x: x(end.operations) + 8, y: y(end.rssMB) }];
    })
    .toSorted((one, other) => one.y - other.y);
  const placed = [];
  for (const end of ends) {
    const above = placed.filter((one) => Math.abs(one.x - end.x) < 110).at(-1);
    const at = above === undefined ? end.y : Math.max(end.y, above.y + leastDistance);
    placed.push({ ...end, y: at });
  }
  return placed.map((end) => `<text x="${end.x.toFixed(1)}" y="${end.y.toFixed(1)}" dy="0.35em">${escape(end.label)}</text>`);
}
