/** Colours used in the terminal. */
export type Color = 'red' | 'green' | 'yellow' | 'cyan' | 'gray' | 'bold';

const codes: Readonly<Record<Color, readonly [on: number, off: number]>> = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
  gray: [90, 39],
  bold: [1, 22],
};

/** The text in a colour, or as it is where colours are not wanted. */
export function paint(text: string, color: Color, enabled: boolean): string {
  const [on, off] = codes[color];
  return enabled ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}

/** Colours are for terminals only, and not where the user has asked for none (no-color.org). */
export function wantsColor(stream: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv): boolean {
  const refused = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  return stream.isTTY === true && !refused;
}
