import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { OperationRecord } from '../../../inspection/records.js';
import { indexOperations, type TimelineFilter } from '../../model/timeline-index.js';
import { panView } from '../../model/timeline-view.js';
import { describeOperation } from '../../model/timeline-text.js';
import { Legend } from './legend.js';
import { Overview } from './overview.js';
import { TimelineStage } from './stage.js';
import { Toolbar } from './toolbar.js';
import { Tooltip } from './tooltip.js';

export interface TimelineProps {
  readonly operations: readonly OperationRecord[];
  /** Grows whenever something in `operations` changes, which may stay the same array. */
  readonly revision: number;
  /** The present moment of what is shown; of a recording its end. */
  readonly now: () => number;
  /** Whether the present goes on. */
  readonly live: boolean;
}

/** Every operation as a bar over time: whose time it was, phase by phase. */
export function Timeline(props: TimelineProps) {
  return (
    <div class="timeline">
      {props.operations.length === 0 ? <NothingYet live={props.live} /> : <Chart {...props} />}
    </div>
  );
}

function NothingYet({ live }: { readonly live: boolean }) {
  return (
    <div class="timeline-empty">
      <p data-testid="timeline-count">0 operations</p>
      <p>
        {live
          ? 'Each call of the program will be a bar here as soon as it is made: how long it was queued, encoded, sent, and at the server.'
          : 'Nothing was called. Each call would be a bar here, with the time it spent queued, sent, and at the server.'}
      </p>
      <Legend />
    </div>
  );
}

function Chart({ operations, revision, now, live }: TimelineProps) {
  const stage = useMemo(() => new TimelineStage(now), [now]);
  const [filter, setFilter] = useState<TimelineFilter>({});
  const scroller = useRef<HTMLDivElement>(null);
  const tall = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const choices = useChoices(operations, revision);

  useLayoutEffect(() => {
    if (scroller.current === null || tall.current === null || canvas.current === null) return undefined;
    return stage.mount({ scroller: scroller.current, tall: tall.current, canvas: canvas.current });
  }, [stage]);
  useLayoutEffect(() => stage.update(operations, live, filter), [stage, operations, revision, live, filter]);

  const at = (event: MouseEvent & { readonly currentTarget: HTMLElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  return (
    <>
      <Toolbar stage={stage} count={operations.length} live={live} filter={filter} onFilter={setFilter} {...choices} />
      <Overview stage={stage} revision={revision} />
      <div class="timeline-stage">
        <div class="timeline-scroll" ref={scroller} tabIndex={-1}>
          <div class="timeline-tall" ref={tall}>
            <canvas
              class="timeline-canvas"
              ref={canvas}
              tabIndex={0}
              role="application"
              aria-roledescription="timeline"
              aria-label="Timeline of operations"
              aria-describedby="timeline-keys"
              data-testid="timeline-canvas"
              onPointerMove={(event) => stage.point(event.pointerType === 'touch' || event.buttons !== 0 ? undefined : at(event))}
              onPointerLeave={() => stage.point(undefined)}
              onClick={(event) => {
                stage.selectAt(at(event).x, at(event).y);
                stage.point(at(event));
              }}
              onKeyDown={(event) => onKey(event, stage)}
              onBlur={() => stage.point(undefined)}
            />
          </div>
        </div>
        <Tooltip stage={stage} />
        {stage.shown.value === 0 && stage.drawn.value > 0 && <p class="timeline-none">No operation is of that kind. Choose another filter above.</p>}
      </div>
      <Selection stage={stage} />
      <Legend />
    </>
  );
}

const keys = 'Arrow up and down select an operation, left and right move in time, plus and minus zoom, 0 shows all.';

function Selection({ stage }: { readonly stage: TimelineStage }) {
  const selected = stage.selected.value;
  const [said, setSaid] = useState('');
  // What is heard says how it was when it was selected: an open operation would be said again with every change.
  useEffect(() => setSaid(selected === undefined ? '' : describeOperation(selected, stage.now())), [selected?.key, selected?.status, stage]);
  return (
    <div class="timeline-below">
      <p class="timeline-selected" aria-live="polite" data-testid="timeline-selected">
        {said}
      </p>
      <p class="timeline-keys" id="timeline-keys" hidden={said !== ''}>
        {keys} With Ctrl or ⌘ the wheel zooms.
      </p>
    </div>
  );
}

/** What there is to choose from; looked at again when there is more. */
function useChoices(operations: readonly OperationRecord[], revision: number) {
  const decades = Math.floor(operations.length / 100) + (operations.length < 100 ? revision : 0);
  return useMemo(() => {
    const { groups } = indexOperations(operations);
    return { groups: groups.map(({ id, label }) => ({ id, label })), kinds: [...new Set(operations.map(({ kind }) => kind))].sort() };
  }, [operations, decades]);
}

function onKey(event: KeyboardEvent, stage: TimelineStage): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const act = actions[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act(stage);
}

const actions: Readonly<Record<string, (stage: TimelineStage) => void>> = {
  ArrowDown: (stage) => stage.step(1),
  ArrowUp: (stage) => stage.step(-1),
  ArrowLeft: (stage) => stage.look(panView(stage.view, -0.1)),
  ArrowRight: (stage) => stage.look(panView(stage.view, 0.1)),
  '+': (stage) => stage.zoom(1 / 1.6),
  '=': (stage) => stage.zoom(1 / 1.6),
  '-': (stage) => stage.zoom(1.6),
  '0': (stage) => stage.fit(),
  End: (stage) => stage.look({ from: stage.span.to - (stage.view.to - stage.view.from), to: stage.span.to }),
  Home: (stage) => stage.look({ from: stage.span.from, to: stage.span.from + stage.view.to - stage.view.from }),
  // Nothing is there.
  Escape: (stage) => {
    stage.selectAt(-1, -1);
    stage.point(undefined);
  },
};
