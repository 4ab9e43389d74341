import type { ComponentChildren } from 'preact';

interface Props {
  readonly label: string;
  readonly children: ComponentChildren;
  /** Smaller, under the value. */
  readonly note?: ComponentChildren;
  readonly tone?: 'warn' | 'bad' | undefined;
  readonly testId?: string;
}

/** A number with its name; stands in a `<dl class="facts">`. */
export function Fact({ label, children, note, tone, testId }: Props) {
  return (
    <div class={tone === undefined ? 'fact' : `fact fact-${tone}`}>
      <dt>{label}</dt>
      <dd>
        <span class="fact-value" data-testid={testId}>
          {children}
        </span>
        {note !== undefined && <span class="fact-note">{note}</span>}
      </dd>
    </div>
  );
}
