/**
 * What the charts have in common. Colours are variables, so that a dark page changes them in one place; every bar and
 * line bears its name, so no reader depends on colours.
 */
const style = `
  svg { --page: #ffffff; --ink: #1f2328; --quiet: #59636e; --grid: #e4e7eb; --axis: #8c959f; --target: #a40e26;
    --ours: #0b4fa8; --sdk: #d9822b; --sdk-other: #eebb83; --limit: #9aa4af; }
  @media (prefers-color-scheme: dark) {
    svg { --page: #0d1117; --ink: #e6edf3; --quiet: #9aa4af; --grid: #21262d; --axis: #6e7681; --target: #ff8f8f;
      --ours: #6cb0ff; --sdk: #e3954a; --sdk-other: #8f5f30; --limit: #5b646e; }
  }
  text { font-family: system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: var(--ink); font-size: 12.5px; }
  .page { fill: var(--page); }
  .title { font-size: 20px; font-weight: 600; }
  .panel { font-size: 14px; font-weight: 600; }
  .quiet, .tick { fill: var(--quiet); }
  .axis { stroke: var(--axis); }
  .grid { stroke: var(--grid); }
  .spread { stroke: var(--ink); stroke-width: 1.5; } .spread-edge { stroke: var(--page); stroke-width: 4; }
  .target { stroke: var(--target); stroke-width: 2.5; }
  .target-label { fill: var(--target); font-size: 12px; }
  .bar.ours { fill: var(--ours); } .bar.sdk-pyqwest { fill: var(--sdk); }
  .bar.sdk-httpx { fill: var(--sdk-other); } .bar.limit { fill: var(--limit); }
  .curve { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
  .curve.ours { stroke: var(--ours); } .curve.sdk-pyqwest { stroke: var(--sdk); }
  .curve.sdk-httpx { stroke: var(--sdk-other); } .curve.limit { stroke: var(--limit); }
`;

export const width = 920;

/** The names of clients in charts, in the order in which they stand there. */
export const drawn = [
  ['ours', 'tinkerjs'],
  ['sdk-pyqwest', 'SDK, pyqwest'],
  ['sdk-httpx', 'SDK, httpx'],
  ['limit', 'raw limit'],
];

/** @param {string} text */
export function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * A whole chart.
 * @param {{ title: string, says: string, height: number }} about
 * @param {readonly string[]} content
 */
export function picture({ title, says, height }, content) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escape(title)}</title>`,
    `<desc id="desc">${escape(says)}</desc>`,
    `<style>${style}</style>`,
    `<rect class="page" width="${width}" height="${height}"/>`,
    `<text class="title" x="24" y="38">${escape(title)}</text>`,
    `<text class="quiet" x="24" y="60">${escape(says)}</text>`,
    ...content,
    '</svg>',
    '',
  ].join('\n');
}
