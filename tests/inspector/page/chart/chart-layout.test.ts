import { describe, expect, it } from '@jest/globals';
import { machineChart } from '../../../../src/inspection/machine-chart.js';
import type { MachineChart } from '../../../../src/inspection/records.js';
import type { Area, ChartDrawing, Point } from '../../../../src/inspector/model/chart-drawing.js';
import { isWithin } from '../../../../src/inspector/model/chart-edges.js';
import type { Measure } from '../../../../src/inspector/model/chart-labels.js';
import { layoutChart, type LayoutManner } from '../../../../src/inspector/page/chart/chart-layout.js';
import { chosenDrawing, scaleFor } from '../../../../src/inspector/page/chart/chosen-drawing.js';
import { futureMachine } from '../../../../src/machines/future-machine.js';
import { loneOperationMachine } from '../../../../src/machines/lone-operation-machine.js';
import { requestMachine } from '../../../../src/machines/request-machine.js';
import { restoreMachine } from '../../../../src/machines/restore-machine.js';
import { samplingGateMachine } from '../../../../src/machines/sampling-gate-machine.js';
import { samplingMachine } from '../../../../src/machines/sampling-machine.js';
import { serviceMachine } from '../../../../src/machines/service-machine.js';
import { sessionMachine } from '../../../../src/machines/session-machine.js';
import { submissionMachine } from '../../../../src/machines/submission-machine.js';
import { telemetryMachine } from '../../../../src/machines/telemetry-machine.js';
import { trainingMachine } from '../../../../src/machines/training-machine.js';

const charts: readonly MachineChart[] = [
  machineChart(trainingMachine),
  machineChart(sessionMachine),
  machineChart(requestMachine),
  machineChart(futureMachine),
  machineChart(submissionMachine),
  machineChart(samplingMachine),
  machineChart(samplingGateMachine),
  machineChart(serviceMachine),
  machineChart(telemetryMachine),
  machineChart(restoreMachine),
  machineChart(loneOperationMachine),
];
const measure: Measure = (text, face) => text.length * (face === 'state' ? 7.2 : 6);
const manners: readonly LayoutManner[] = (['TB', 'LR'] as const).flatMap((direction) =>
  (['beside', 'below'] as const).flatMap((regions) => [
    { direction, regions, spacing: 'wide' as const, widestLabel: 130, back: 'walk' as const },
    { direction, regions, spacing: 'narrow' as const, widestLabel: 60, back: 'few' as const },
  ]),
);
const named = charts.map((chart) => ({ id: chart.id, chart }));

const overlap = (one: Area, other: Area): boolean =>
  one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height;

const holds = (outer: Area, { x, y, width, height }: Area): boolean =>
  x >= outer.x && y >= outer.y && x + width <= outer.x + outer.width && y + height <= outer.y + outer.height;

function overlapping<A extends Area>(areas: readonly A[], nameOf: (area: A) => string): string[] {
  return areas.flatMap((one, index) => areas.slice(index + 1).filter((other) => overlap(one, other)).map((other) => `${nameOf(one)} and ${nameOf(other)}`));
}

function eachDrawing(chart: MachineChart, look: (drawing: ChartDrawing) => unknown): void {
  for (const manner of manners) expect(look(layoutChart(chart, manner, measure))).toEqual([]);
}

/** How far a point is from the border of a box. */
function distance({ x, y }: Point, area: Area): number {
  const sides = [Math.abs(x - area.x), Math.abs(x - area.x - area.width), Math.abs(y - area.y), Math.abs(y - area.y - area.height)];
  return Math.min(...sides);
}

describe.each(named)('the chart of $id', ({ chart }) => {
  it('shows every state once', () => {
    eachDrawing(chart, ({ boxes }) => {
      expect(boxes.map(({ state }) => state.path).toSorted()).toEqual(chart.states.map(({ path }) => path).toSorted());
      return [];
    });
  });

  it('has no state upon another, but within its parent', () => {
    eachDrawing(chart, ({ boxes }) => {
      const lost = boxes.flatMap((box) =>
        boxes.filter((outer) => outer !== box && isWithin(box.state.path, outer.state.path) && !holds(outer, box)).map(() => box.state.path),
      );
      const apart = boxes.flatMap((one, index) =>
        boxes
          .slice(index + 1)
          .filter((other) => !isWithin(one.state.path, other.state.path) && !isWithin(other.state.path, one.state.path) && overlap(one, other)),
      );
      return [...lost, ...apart.map(({ state }) => state.path)];
    });
  });

  it('has nothing outside of its bounds', () => {
    eachDrawing(chart, ({ width, height, boxes, edges, starts, anywhere }) => {
      const whole = { x: 0, y: 0, width, height };
      const points = [...edges.flatMap((edge) => edge.points), ...starts.flat()].map((point) => ({ ...point, width: 0, height: 0 }));
      return [...boxes, ...anywhere, ...edges.map(({ area }) => area), ...points].filter((area) => !holds(whole, area));
    });
  });

  it('has no label upon a state or another label', () => {
    eachDrawing(chart, ({ boxes, edges, anywhere }) => {
      const labels = edges.map(({ edge, area }) => ({ ...area, name: edge.id }));
      const plain = [...boxes.filter(({ outer }) => !outer).map((box) => ({ ...box, name: box.state.path })), ...anywhere.map((box) => ({ ...box, name: 'anywhere' }))];
      return overlapping([...labels, ...plain], ({ name }) => name);
    });
  });

  it('leads every arrow from one state to another', () => {
    eachDrawing(chart, ({ boxes, edges }) => {
      const areas = new Map(boxes.map((box) => [box.state.path, box]));
      return edges.filter(({ edge: { from, to }, points }) => {
        const [first, last, source, target] = [points[0], points.at(-1), areas.get(from), areas.get(to)];
        const begins = source === undefined || (first !== undefined && distance(first, source) < 0.01);
        return !(begins && first !== undefined && last !== undefined && target !== undefined && distance(last, target) < 0.01);
      });
    });
  });

  it('has a dot for each level that begins with one state', () => {
    const levels = new Set(chart.states.map(({ path }) => path.slice(0, Math.max(0, path.lastIndexOf('.')))));
    const parallel = new Set(chart.states.filter(({ type }) => type === 'parallel').map(({ path }) => path));
    const beginnings = [...levels].filter((level) => !parallel.has(level)).length;
    eachDrawing(chart, ({ starts }) => (starts.length === beginnings ? [] : [starts.length]));
  });

  it('is drawn alike each time', () => {
    for (const manner of manners) expect(layoutChart(chart, manner, measure)).toEqual(layoutChart(chart, manner, measure));
  });

  it('takes a drawing that fits where one does, and keeps it', () => {
    const wide = chosenDrawing(chart, 1600, measure);
    expect(wide).toBe(chosenDrawing(chart, 1600, measure));
    expect(wide?.width).toBeLessThanOrEqual(1600);
  });
});

describe('the size of charts', () => {
  it('shrinks texts no further than they are legible', () => {
    const drawing = layoutChart(machineChart(requestMachine), { direction: 'LR', regions: 'beside', spacing: 'wide', widestLabel: 130, back: 'walk' }, measure);
    expect(12 * scaleFor(drawing, 100)).toBeGreaterThanOrEqual(11);
    expect(scaleFor(drawing, 5000)).toBe(1);
  });

  it('begins at the top where there is room for that', () => {
    const drawing = chosenDrawing(machineChart(trainingMachine), 700, measure);
    const idle = drawing?.boxes.find(({ state }) => state.path === 'idle');
    expect(drawing?.boxes.every(({ y }) => y >= (idle?.y ?? Infinity))).toBe(true);
  });
});
