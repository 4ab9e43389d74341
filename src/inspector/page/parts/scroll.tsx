import type { ComponentChildren } from 'preact';

interface Props {
  readonly label: string;
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** A part that scrolls by itself, also by keys. */
export function Scroll({ label, class: more = '', children }: Props) {
  return (
    <div class={`scroll ${more}`} role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
