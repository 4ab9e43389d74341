import type { ComponentChildren } from 'preact';
import { Guard } from './guard.js';

interface Props {
  readonly id: string;
  readonly title: string;
  /** Beside the title: a count, a few words. */
  readonly note?: ComponentChildren;
  /** At the end of the head: choices and buttons. */
  readonly actions?: ComponentChildren;
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** A part of the page with a heading that can be jumped to. What fails in it, fails in it alone. */
export function Panel({ id, title, note, actions, class: more = '', children }: Props) {
  return (
    <section id={id} class={`panel ${more}`} aria-labelledby={`${id}-title`} tabIndex={-1} data-testid={`panel-${id}`}>
      <div class="panel-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {note !== undefined && <span class="panel-note">{note}</span>}
        {actions !== undefined && <div class="panel-actions">{actions}</div>}
      </div>
      <Guard name={title}>{children}</Guard>
    </section>
  );
}
