import type { Screen } from '../../../src/cli/quickstart/screen.js';

/** A screen that keeps what is said. */
export function recordingScreen(): { readonly screen: Screen; readonly said: string[] } {
  const said: string[] = [];
  const nothing = (): void => undefined;
  return {
    said,
    screen: { say: (text) => void said.push(text), follow: () => ({ show: nothing, end: nothing }), close: nothing },
  };
}
