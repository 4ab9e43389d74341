/** Small pictures, drawn in the colour of the text around. */
const shapes = {
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  check: 'M3 8.5l3.2 3.2L13 4.8',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.2v9.6l7.5-4.8z',
  save: 'M8 2.5v7M5 6.8l3 3 3-3M2.8 10.5v2.7h10.4v-2.7',
  retry: 'M12.9 6.2A5.2 5.2 0 1 0 13.2 9M13.2 2.8v3.6H9.6',
  skip: 'M3.5 3.5L9 8l-5.5 4.5zM11.8 3.5v9',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.2v1.4M8 13.4v1.4M1.2 8h1.4M13.4 8h1.4M3.2 3.2l1 1M11.8 11.8l1 1M3.2 12.8l1-1M11.8 4.2l1-1',
  moon: 'M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z',
  system: 'M2.2 3h11.6v7.6H2.2zM5.5 13.2h5M8 10.6v2.6',
  warning: 'M8 2.6l6 10.6H2zM8 6.6v3.2M8 11.3v.4',
  chevron: 'M6 4l4 4-4 4',
} as const;

interface Props {
  readonly name: keyof typeof shapes;
}

export function Icon({ name }: Props) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={shapes[name]} />
    </svg>
  );
}
