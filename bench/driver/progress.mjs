import { SingleBar } from 'cli-progress';

/**
 * Shows on standard error how far the measurement is: as a bar, or a line a round where nobody watches.
 * @param {number} total runs
 * @returns {{ next: (run: { name: string, client: string, round: number }) => void, stop: () => void }}
 */
export function progressOf(total) {
  if (!process.stderr.isTTY) {
    let last = '';
    return {
      next: ({ name, round }) => {
        const line = `${name}, round ${round}`;
        if (line !== last) console.error(line);
        last = line;
      },
      stop: () => {},
    };
  }
  const bar = new SingleBar({ format: '{bar} {value}/{total}  {name}, {client}, round {round}', stream: process.stderr, hideCursor: true, clearOnComplete: true });
  bar.start(total, 0, { name: '', client: '', round: '' });
  let begun = 0;
  return {
    next: (run) => bar.update(begun++, run),
    stop: () => bar.stop(),
  };
}
