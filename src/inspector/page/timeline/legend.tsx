import type { PhaseName } from '../../../inspection/records.js';
import { phaseNames } from '../../model/timeline-density.js';
import { phaseTexts } from '../../model/timeline-text.js';
import { MarkIcon } from './mark-icon.js';
import type { MarkShape } from './paint-marks.js';

const marks: readonly MarkShape[] = ['sent again', 'poll failed', 'asked anew', 'failed', 'cancelled'];

/** What the colours and shapes mean. */
export function Legend() {
  return (
    <ul class="timeline-legend" aria-label="Legend">
      {phaseNames.map((name) => (
        <li key={name}>
          <PhaseSwatch name={name} /> {phaseTexts[name]}
        </li>
      ))}
      {marks.map((shape) => (
        <li key={shape}>
          <MarkIcon shape={shape} /> {shape}
        </li>
      ))}
    </ul>
  );
}

export function PhaseSwatch({ name }: { readonly name: PhaseName }) {
  return <span class="timeline-swatch" data-phase={name} aria-hidden="true" />;
}
