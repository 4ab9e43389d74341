import { scaleLinear, type ScaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import type { Curve, Curves, LossPoint, Plan } from './curves.js';
import { style } from './svg-style.js';

/** Text around the curves. */
export interface Captions {
  /** One line under the title: what was trained and how. */
  readonly settings: string;
  /** Under the chart, one line a sentence. */
  readonly verdict: string;
}

type Scale = ScaleLinear<number, number>;

/** A plot's place in the picture, in pixels. */
interface Frame {
  readonly top: number;
  readonly bottom: number;
}

const width = 920;
const height = 662;
const left = 76;
const right = width - 28;
const lossFrame: Frame = { top: 128, bottom: 400 };
const differenceFrame: Frame = { top: 462, bottom: 546 };

/**
 * The three loss curves as an SVG document, and under them how far each lies from the uninterrupted
 * one: equal curves hide each other, a flat line at zero does not. Legible on light and dark pages.
 */
export function renderSvg(curves: Curves, plan: Plan, captions: Captions): string {
  const x = scaleLinear([1, plan.steps], [left, right]);
  const losses = [curves.uninterrupted, curves.weightsOnly, curves.resumed].flat().map(({ loss }) => loss);
  const y = scaleLinear(extent(losses), [lossFrame.bottom, lossFrame.top]).nice(6);
  const resumed = differences(curves.resumed, curves.uninterrupted);
  const weightsOnly = differences(curves.weightsOnly, curves.uninterrupted);
  const gaps = [...resumed, ...weightsOnly].map(({ loss }) => loss);
  const d = scaleLinear(extent([0, ...gaps]), [differenceFrame.bottom, differenceFrame.top]).nice(3);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc">`,
    '<title id="title">Training loss: uninterrupted, resumed with optimizer, weights only</title>',
    `<desc id="desc">${escape(`${captions.settings}. ${captions.verdict}`)}</desc>`,
    `<style>${style}</style>`,
    `<rect class="page" width="${width}" height="${height}"/>`,
    `<text class="title" x="${left}" y="36">Train, save, crash, resume</text>`,
    `<text class="quiet" x="${left}" y="58">${escape(captions.settings)}</text>`,
    legend(),
    lostSteps(x, plan),
    yAxis(y, lossFrame, 6, 'loss (nats per token)'),
    xAxis(x, lossFrame, false),
    path(curves.uninterrupted, x, y, 'uninterrupted'),
    path(curves.weightsOnly, x, y, 'weights-only'),
    path(curves.resumed, x, y, 'resumed'),
    `<text class="caption" x="${left}" y="${differenceFrame.top - 14}">Difference from the uninterrupted run</text>`,
    yAxis(d, differenceFrame, 3, 'nats'),
    xAxis(x, differenceFrame, true),
    path(weightsOnly, x, d, 'weights-only'),
    path(resumed, x, d, 'resumed'),
    markLines(x, plan),
    ...captions.verdict.split(/(?<=\.) /).map((sentence, index) => (
      `<text class="quiet" x="${left}" y="${height - 42 + 20 * index}">${escape(sentence)}</text>`
    )),
    '</svg>',
    '',
  ].join('\n');
}

/** The curve minus the reference, where both have the step. */
function differences(curve: Curve, reference: Curve): LossPoint[] {
  const expected = new Map(reference.map(({ step, loss }) => [step, loss]));
  return curve.flatMap(({ step, loss }) => {
    const other = expected.get(step);
    return other === undefined ? [] : [{ step, loss: loss - other }];
  });
}

function extent(values: readonly number[]): [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  // A scale needs some room even when nothing varies.
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

function path(curve: Curve, x: Scale, y: Scale, className: string): string {
  const draw = line<LossPoint>(({ step }) => x(step), ({ loss }) => y(loss)).digits(1);
  return `<path class="curve ${className}" d="${draw(curve) ?? ''}"/>`;
}

function yAxis(y: Scale, frame: Frame, count: number, label: string): string {
  const format = y.tickFormat(count);
  const middle = (frame.top + frame.bottom) / 2;
  return [
    ...y.ticks(count).map((value) => {
      const at = y(value).toFixed(1);
      return `<line class="grid" x1="${left}" x2="${right}" y1="${at}" y2="${at}"/>`
        + `<text class="tick" x="${left - 10}" y="${at}" dy="0.35em" text-anchor="end">${format(value)}</text>`;
    }),
    `<text class="label" transform="translate(22 ${middle}) rotate(-90)" text-anchor="middle">${label}</text>`,
  ].join('\n');
}

function xAxis(x: Scale, frame: Frame, labelled: boolean): string {
  const steps = [1, ...x.ticks(8).filter((step) => step > 1 && Number.isInteger(step))];
  return [
    `<line class="axis" x1="${left}" x2="${right}" y1="${frame.bottom}" y2="${frame.bottom}"/>`,
    ...steps.map((step) => {
      const at = x(step).toFixed(1);
      return `<line class="axis" x1="${at}" x2="${at}" y1="${frame.bottom}" y2="${frame.bottom + 5}"/>`
        + `<text class="tick" x="${at}" y="${frame.bottom + 19}" text-anchor="middle">${step}</text>`;
    }),
    labelled
      ? `<text class="label" x="${(left + right) / 2}" y="${frame.bottom + 42}" text-anchor="middle">optimizer step</text>`
      : '',
  ].join('\n');
}

/** The steps that the killed run had taken after its save. */
function lostSteps(x: Scale, plan: Plan): string {
  const from = x(plan.saveAfter).toFixed(1);
  const breadth = (x(plan.killAfter) - x(plan.saveAfter)).toFixed(1);
  return `<rect class="lost" x="${from}" y="${lossFrame.top}" width="${breadth}" height="${lossFrame.bottom - lossFrame.top}">`
    + '<title>steps that the crash lost; the resumed runs take them again</title></rect>';
}

function markLines(x: Scale, plan: Plan): string {
  const mark = (step: number, className: string, anchor: string, shift: number, text: string): string => {
    const at = x(step).toFixed(1);
    return [lossFrame, differenceFrame].map(({ top, bottom }) => (
      `<line class="mark ${className}" x1="${at}" x2="${at}" y1="${top}" y2="${bottom}"/>`
    )).join('') + `<text class="mark-label ${className}" x="${(x(step) + shift).toFixed(1)}" y="${lossFrame.top - 8}" text-anchor="${anchor}">${text}</text>`;
  };
  return [
    mark(plan.saveAfter, 'save', 'end', 2, `saved after step ${plan.saveAfter}`),
    mark(plan.killAfter, 'kill', 'start', -2, `SIGKILL after step ${plan.killAfter}`),
  ].join('\n');
}

function legend(): string {
  const entries = [
    ['uninterrupted', 'uninterrupted', 0],
    ['resumed', 'resumed with optimizer', 160],
    ['weights-only', 'resumed with weights only', 372],
  ] as const;
  return entries.map(([className, text, shift]) => (
    `<line class="curve ${className}" x1="${left + shift}" x2="${left + shift + 30}" y1="84" y2="84"/>`
    + `<text class="legend" x="${left + shift + 38}" y="84" dy="0.35em">${text}</text>`
  )).join('\n');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
