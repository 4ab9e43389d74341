import { useLayoutEffect, useMemo } from 'preact/hooks';
import type { ActorTransition, MachineChart } from '../../../inspection/records.js';
import { drawnEdges } from '../../model/chart-edges.js';
import { transitionsTaken } from '../../model/chart-last.js';
import { chartText } from '../../model/chart-text.js';
import { isActive } from '../../model/chart-tone.js';
import { ChartEvents } from './chart-events.js';
import { ChartImage } from './chart-image.js';
import { chosenDrawing, scaleFor } from './chosen-drawing.js';
import { LastTransition } from './last-transition.js';
import { measureText } from './measure-text.js';
import { useWidth } from './use-width.js';

interface Props {
  readonly chart: MachineChart;
  /** Paths of the active states without their parents. */
  readonly states: readonly string[];
  readonly last: ActorTransition | undefined;
  /** Whose chart it is. */
  readonly label: string;
}

/** Texts grow with the page's, for which 14 pixels are usual. */
function pageScale(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 14 || 1;
}

/** The chart of a machine: where it is, and how it came there. */
export function StateChart({ chart, states, last, label }: Props) {
  const { ref, width } = useWidth();
  const unit = pageScale();
  const drawing = useMemo(() => (width === 0 ? undefined : chosenDrawing(chart, width / unit, measureText)), [chart, width, unit]);
  const scale = drawing === undefined ? unit : scaleFor(drawing, width / unit) * unit;
  const taken = useMemo(() => {
    const transitions = last === undefined ? [] : transitionsTaken(chart, last);
    return new Set(drawnEdges(chart).filter((edge) => edge.transitions.some((one) => transitions.includes(one))).map(({ id }) => id));
  }, [chart, last]);
  useLayoutEffect(() => {
    // Once for each drawing: a chart that is wider than its place shows where the machine is, and then stays.
    const box = drawing?.boxes.find(({ state, outer }) => !outer && isActive(state.path, states));
    if (box !== undefined) ref.current?.scrollTo({ left: (box.x + box.width / 2) * scale - width / 2 });
  }, [drawing]);
  const text = chartText(label, states, last);
  return (
    <figure class="state-chart" data-testid="state-chart">
      <div class="state-chart-scroll" ref={ref} tabIndex={0} role="group" aria-label={`Chart of ${label}`}>
        {drawing !== undefined && (
          <ChartImage
            chart={chart}
            drawing={drawing}
            scale={scale}
            states={states}
            taken={taken}
            takenAt={last?.at}
            text={text}
          />
        )}
      </div>
      <figcaption>
        <LastTransition last={last} />
        <ul class="chart-list">
          {chart.states.map(({ path }) => (
            <li key={path}>
              {path}
              {isActive(path, states) ? ', active' : ''}
            </li>
          ))}
        </ul>
        <ChartEvents chart={chart} />
      </figcaption>
    </figure>
  );
}
