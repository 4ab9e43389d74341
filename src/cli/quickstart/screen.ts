import { SingleBar } from 'cli-progress';
import type { LossPoint } from './curves.js';
import { paint } from '../paint.js';

/** Where the quickstart says what it does. */
export interface Screen {
  /** Writes a line, or several. */
  say(text: string): void;
  /** Announces a training run; `firstStep` is above 1 when it continues another. */
  follow(firstStep: number, lastStep: number): RunDisplay;
  /** Leaves the terminal as it was found. */
  close(): void;
}

/** The display of one training run. */
export interface RunDisplay {
  show(point: LossPoint): void;
  /** Ends the display, wherever the run has come to. */
  end(): void;
}

/** What is needed of a standard stream. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** Says nothing: for `--json`, where standard output carries one document and nothing else. */
export const silentScreen: Screen = {
  say: () => undefined,
  follow: () => ({ show: () => undefined, end: () => undefined }),
  close: () => undefined,
};

const linesPerRun = 4;

/** Plain lines, a few per run: for files, pipes and build logs. */
export function plainScreen(output: Output): Screen {
  const say = (text: string): void => void output.write(`${text}\n`);
  return {
    say,
    follow: (firstStep, lastStep) => {
      const every = Math.max(1, Math.ceil((lastStep - firstStep + 1) / linesPerRun));
      return {
        show: ({ step, loss }) => {
          const due = step === firstStep || step === lastStep || (step - firstStep + 1) % every === 0;
          if (due) say(`   step ${step} of ${lastStep}, loss ${loss.toFixed(4)}`);
        },
        end: () => undefined,
      };
    },
    close: () => undefined,
  };
}

/** A progress bar per run: for terminals. */
export function terminalScreen(output: Output, color: boolean): Screen {
  let bar: SingleBar | undefined;
  const stop = (): void => {
    bar?.stop();
    bar = undefined;
  };
  return {
    say: (text) => {
      stop();
      output.write(`${text}\n`);
    },
    follow: (firstStep, lastStep) => {
      stop();
      const started = new SingleBar({
        stream: output,
        format: `   ${paint('{bar}', 'cyan', color)} step {value} of {total}  loss {loss}`,
        barsize: 40,
        barCompleteChar: '━',
        barIncompleteChar: '┄',
        hideCursor: true,
        autopadding: true,
      });
      bar = started;
      // A run that continues another begins where that one was saved.
      started.start(lastStep, firstStep - 1, { loss: '' });
      return {
        show: ({ step, loss }) => {
          started.update(step, { loss: loss.toFixed(4) });
        },
        end: stop,
      };
    },
    close: stop,
  };
}
