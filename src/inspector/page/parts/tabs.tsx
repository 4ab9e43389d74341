import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';

interface Props {
  readonly label: string;
  readonly tabs: readonly { readonly key: string; readonly content: ComponentChildren }[];
  readonly chosen: string;
  /** Id of the element that shows the chosen one. */
  readonly panel: string;
  readonly onChoose: (key: string) => void;
}

const moves: Readonly<Record<string, (place: number, count: number) => number>> = {
  ArrowRight: (place, count) => (place + 1) % count,
  ArrowLeft: (place, count) => (place - 1 + count) % count,
  Home: () => 0,
  End: (_place, count) => count - 1,
};

/** Tabs that arrow keys move between. */
export function Tabs({ label, tabs, chosen, panel, onChoose }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    const next = move(Math.max(0, tabs.findIndex(({ key }) => key === chosen)), tabs.length);
    const tab = tabs[next];
    if (tab === undefined) return;
    onChoose(tab.key);
    const button = list.current?.children.item(next);
    if (button instanceof HTMLElement) button.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
      {tabs.map(({ key, content }) => (
        <button
          key={key}
          type="button"
          role="tab"
          class="tab"
          aria-selected={key === chosen}
          aria-controls={panel}
          tabIndex={key === chosen ? 0 : -1}
          onClick={() => onChoose(key)}
        >
          {content}
        </button>
      ))}
    </div>
  );
}
