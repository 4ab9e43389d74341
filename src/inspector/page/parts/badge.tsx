import type { Standing } from '../../model/tones.js';

interface Props {
  readonly standing: Standing;
  readonly testId?: string;
}

/** How something stands, in colour and in words. */
export function Badge({ standing, testId }: Props) {
  return (
    <span class={`badge tone-${standing.tone}`} data-testid={testId}>
      <span class="dot" aria-hidden="true" />
      {standing.words}
    </span>
  );
}
