import type { MarkShape } from './paint-marks.js';

const paths: Readonly<Record<MarkShape, string>> = {
  'sent again': 'M6 1.5 10.5 9.6H1.5Z',
  'poll failed': 'M6 1 11 6 6 11 1 6Z',
  'asked anew': 'M2.2 2.2h7.6v7.6H2.2Z',
  failed: 'M4 4 8 8M8 4 4 8',
  cancelled: 'M3.6 6H8.4',
};

/** The shape of a mark, as it is on the canvas. */
export function MarkIcon({ shape }: { readonly shape: MarkShape }) {
  const ends = shape === 'failed' || shape === 'cancelled';
  return (
    <svg class="timeline-mark" data-mark={shape} viewBox="0 0 12 12" aria-hidden="true">
      {ends && <circle cx="6" cy="6" r="5.5" />}
      <path d={paths[shape]} class={ends ? 'timeline-mark-line' : undefined} />
    </svg>
  );
}
