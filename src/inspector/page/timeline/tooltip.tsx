import { useLayoutEffect, useRef } from 'preact/hooks';
import type { OperationRecord } from '../../../inspection/records.js';
import { endOf, phaseTotals } from '../../model/timeline-segments.js';
import { durationText, phaseTexts, relativeText, seqText, sizeText, statusText } from '../../model/timeline-text.js';
import { PhaseSwatch } from './legend.js';
import { MarkIcon } from './mark-icon.js';
import type { TimelineStage } from './stage.js';

const mostMarks = 4;

/** Everything about the operation that the pointer or the selection is at. */
export function Tooltip({ stage }: { readonly stage: TimelineStage }) {
  const box = useRef<HTMLDivElement>(null);
  const pointed = stage.pointed.value;
  useLayoutEffect(() => {
    const { current } = box;
    const parent = current?.offsetParent;
    if (current === null || pointed === undefined || !(parent instanceof HTMLElement)) return;
    const { offsetWidth: width, offsetHeight: height } = current;
    const gap = 14;
    const right = pointed.x + gap + width <= parent.clientWidth;
    const left = right ? pointed.x + gap : Math.max(4, pointed.x - gap - width);
    const below = pointed.y + gap + height <= parent.clientHeight;
    const top = below ? pointed.y + gap : Math.max(4, Math.min(pointed.y - gap - height, parent.clientHeight - height - 4));
    current.style.transform = `translate(${Math.round(Math.min(left, Math.max(4, parent.clientWidth - width - 4)))}px, ${Math.round(top)}px)`;
  });
  if (pointed === undefined) return null;
  return (
    <div class="timeline-tooltip" ref={box} data-testid="timeline-tooltip" aria-hidden="true">
      <Facts operation={pointed.operation} stage={stage} />
    </div>
  );
}

function Facts({ operation, stage }: { readonly operation: OperationRecord; readonly stage: TimelineStage }) {
  const now = stage.now();
  const length = endOf(operation, now) - operation.calledAt;
  const { bytes, parts, requestId, marks, error, optimStepsBefore } = operation;
  const reason = operation.phases.findLast((phase) => phase.reason !== undefined)?.reason ?? operation.reason;
  const ends = operation.status === 'failed' || operation.status === 'cancelled' ? operation.status : undefined;
  return (
    <>
      <p class="timeline-tip-title">
        <b>{operation.kind}</b> <span>{seqText(operation)}</span>
      </p>
      <p class="timeline-tip-status" data-status={operation.status}>
        {ends !== undefined && <MarkIcon shape={ends} />} {statusText(operation, now)}
      </p>
      <table class="timeline-tip-phases">
        <tbody>
          {[...phaseTotals(operation, now)].map(([name, ms]) => (
            <tr key={name}>
              <th scope="row">
                <PhaseSwatch name={name} /> {phaseTexts[name]}
              </th>
              <td>{durationText(ms)}</td>
              <td class="timeline-tip-share">{length > 0 ? `${Math.round((ms / length) * 100)} %` : ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {reason !== undefined && <p class="timeline-tip-reason">Held because: {reason}</p>}
      {marks.length > 0 && (
        <ul class="timeline-tip-marks">
          {marks.slice(0, mostMarks).map((mark) => (
            <li key={`${mark.name} ${mark.ms}`}>
              <MarkIcon shape={mark.name} /> {mark.name} after {durationText(mark.ms)}: {mark.why}
            </li>
          ))}
          {marks.length > mostMarks && <li>and {marks.length - mostMarks} more</li>}
        </ul>
      )}
      {error !== undefined && (
        <p class="timeline-tip-error">
          <b>{error.kind}</b> {error.message}
        </p>
      )}
      <dl class="timeline-tip-facts">
        <Fact name="called">{relativeText(operation.calledAt - stage.span.from, 1)}</Fact>
        <Fact name="id">{operation.key}</Fact>
        {requestId !== undefined && <Fact name="request">{requestId}</Fact>}
        {bytes !== undefined && <Fact name="size">{`${sizeText(bytes)}${parts !== undefined && parts > 1 ? ` in ${parts} requests` : ''}`}</Fact>}
        {optimStepsBefore !== undefined && <Fact name="step">{String(optimStepsBefore + 1)}</Fact>}
      </dl>
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
