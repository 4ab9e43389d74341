import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface Measured {
  readonly ref: RefObject<HTMLDivElement | null>;
  /** Pixels within the element; 0 until it is on the page. */
  readonly width: number;
}

/** How wide an element is, now and whenever that changes. */
export function useWidth(): Measured {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const note = (): void => setWidth(Math.floor(element.getBoundingClientRect().width));
    note();
    const observer = new ResizeObserver(note);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}
