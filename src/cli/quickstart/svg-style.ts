/**
 * The chart's style sheet. Colours are variables, so that a dark page changes them in one place; the
 * three hues differ in lightness and in dash as well, for readers who do not see them.
 */
export const style = `
  svg { --page: #ffffff; --ink: #1f2328; --quiet: #59636e; --grid: #e4e7eb; --axis: #8c959f;
    --uninterrupted: #9ec5f4; --resumed: #0b4fa8; --weights: #d4351c; --lost: #f2f4f7; --kill: #a40e26; }
  @media (prefers-color-scheme: dark) {
    svg { --page: #0d1117; --ink: #e6edf3; --quiet: #9aa4af; --grid: #21262d; --axis: #6e7681;
      --uninterrupted: #2f6cb3; --resumed: #b9dcff; --weights: #ff7b5c; --lost: #161b22; --kill: #ff8f8f; }
  }
  text { font-family: system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: var(--ink); }
  .page { fill: var(--page); }
  .title { font-size: 20px; font-weight: 600; }
  .quiet, .tick { font-size: 12.5px; fill: var(--quiet); }
  .label, .caption, .legend { font-size: 13px; }
  .grid { stroke: var(--grid); }
  .axis { stroke: var(--axis); }
  .curve { fill: none; stroke-linejoin: round; stroke-linecap: round; }
  .uninterrupted { stroke: var(--uninterrupted); stroke-width: 6; }
  .resumed { stroke: var(--resumed); stroke-width: 2; }
  .weights-only { stroke: var(--weights); stroke-width: 2; stroke-dasharray: 6 4; }
  .lost { fill: var(--lost); }
  .mark { stroke-width: 1.5; stroke: var(--quiet); stroke-dasharray: 2 3; }
  .mark.kill { stroke: var(--kill); }
  .mark-label { font-size: 12.5px; fill: var(--quiet); }
  .mark-label.kill { fill: var(--kill); font-weight: 600; }
`;
