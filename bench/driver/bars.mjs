import { scaleLinear } from 'd3-scale';
import { drawn, escape, picture, width } from './chart-style.mjs';
import { number } from './units.mjs';

/** @typedef {import('./statistics.mjs').Spread} Spread */

/**
 * @typedef {object} Panel
 * @property {string} title
 * @property {string} unit
 * @property {number} digits
 * @property {Record<string, Spread | undefined>} clients
 * @property {{ at: number, says: string } | undefined} target
 */

const columns = 2;
const gap = 36;
const side = 24;
const panelWidth = (width - 2 * side - (columns - 1) * gap) / columns;
const labelWidth = 96;
/** Room for the values, one under the other at the right. */
const valueWidth = 84;
const barHeight = 18;
const barPitch = 25;
const top = 88;
const headHeight = 44;

/**
 * Bars from zero, a panel a case, each with a scale of its own; a line across a bar goes from the lowest to the highest
 * round.
 * @param {{ title: string, says: string }} about
 * @param {readonly Panel[]} panels
 */
export function barChart(about, panels) {
  const most = Math.max(...panels.map(({ clients }) => present(clients).length));
  const pitch = headHeight + most * barPitch + 24;
  const height = top + Math.ceil(panels.length / columns) * pitch;
  return picture({ ...about, height }, panels.map((panel, index) => {
    const x = side + (index % columns) * (panelWidth + gap);
    const y = top + Math.floor(index / columns) * pitch;
    return `<g transform="translate(${x} ${y})">\n${drawPanel(panel)}\n</g>`;
  }));
}

/** @param {Panel['clients']} clients */
function present(clients) {
  return drawn.flatMap(([name, label]) => (clients[name] === undefined ? [] : [{ name, label, measured: clients[name] }]));
}

/** @param {Panel} panel */
function drawPanel({ title, unit, digits, clients, target }) {
  const rows = present(clients);
  const highest = Math.max(...rows.map(({ measured }) => measured.high), target?.at ?? 0);
  const x = scaleLinear([0, highest], [labelWidth, panelWidth - valueWidth]);
  const bottom = headHeight + rows.length * barPitch - 4;
  return [
    `<text class="panel" x="0" y="14">${escape(title)}</text>`,
    ...rows.map(({ name, label, measured: { median, low, high } }, index) => {
      const y = headHeight + index * barPitch;
      const middle = y + barHeight / 2;
      const ends = `x1="${x(low).toFixed(1)}" x2="${x(high).toFixed(1)}" y1="${middle}" y2="${middle}"`;
      return [
        `<text x="${labelWidth - 8}" y="${middle}" dy="0.35em" text-anchor="end">${escape(label)}</text>`,
        `<rect class="bar ${name}" x="${labelWidth}" y="${y}" width="${(x(median) - labelWidth).toFixed(1)}" height="${barHeight}" rx="2"/>`,
        `<line class="spread-edge" ${ends}/><line class="spread" ${ends}/>`,
        `<text x="${panelWidth}" y="${middle}" dy="0.35em" text-anchor="end">${number(median, digits)} ${escape(unit)}</text>`,
      ].join('');
    }),
    `<line class="axis" x1="${labelWidth}" x2="${labelWidth}" y1="${headHeight - 4}" y2="${bottom}"/>`,
    target === undefined ? '' : targetLine(x(target.at), target.says),
  ].join('\n');
}

/** Stands over our bar, which comes first. @param {number} at @param {string} says */
function targetLine(at, says) {
  return `<line class="target" x1="${at.toFixed(1)}" x2="${at.toFixed(1)}" y1="${headHeight - 8}" y2="${headHeight + barHeight + 3}"/>`
    + `<text class="target-label" x="${at.toFixed(1)}" y="${headHeight - 13}" text-anchor="middle">${escape(says)}</text>`;
}
