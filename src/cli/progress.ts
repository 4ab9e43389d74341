import { SingleBar } from 'cli-progress';
import type { Output } from './quickstart/screen.js';

/** How far something of several parts has come. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly part: string;
}

/** Where that is shown. */
export interface ProgressBar {
  readonly show: (progress: Progress) => void;
  /** Ends the display, wherever it has come to. */
  readonly end: () => void;
}

/** A bar in a terminal; elsewhere, a line for each part that is begun. */
export function progressBar(output: Output): ProgressBar {
  if (output.isTTY !== true) {
    let last = '';
    const show = ({ done, total, part }: Progress) => {
      if (part !== last && done < total) output.write(`${done + 1}/${total} ${part}\n`);
      last = part;
    };
    return { show, end: () => undefined };
  }
  const bar = new SingleBar({
    stream: output,
    format: '{bar} {value}/{total} {part}',
    barsize: 40,
    barCompleteChar: '━',
    barIncompleteChar: '┄',
    hideCursor: true,
    clearOnComplete: true,
  });
  let begun = false;
  return {
    show: ({ done, total, part }) => {
      if (begun) bar.update(done, { part });
      else bar.start(total, done, { part });
      begun = true;
    },
    end: () => {
      if (begun) bar.stop();
    },
  };
}
