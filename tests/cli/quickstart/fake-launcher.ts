import type { Exit } from '../../../src/cli/quickstart/child.js';
import type { TrainerJob } from '../../../src/cli/quickstart/job.js';
import type { Address, Launcher, LocalServer, Trainer } from '../../../src/cli/quickstart/launcher.js';
import type { TrainerEvent } from '../../../src/cli/quickstart/trainer-events.js';

/** What goes wrong. */
export interface Mishaps {
  /** The trainer, counted from 1, that fails at its first step. */
  readonly failingJob?: number;
  /** The step at which the server ends by itself. */
  readonly dyingServerAtStep?: number;
  /** Steps that a trainer still takes after it was killed. */
  readonly slowKill?: number;
  /** Saves are not reported. */
  readonly silentSaves?: boolean;
}

/** Processes that exist only here: a trainer takes a step a turn of the event loop. */
export class FakeLauncher implements Launcher {
  readonly jobs: TrainerJob[] = [];
  readonly addresses: Address[] = [];
  readonly dataDirs: string[] = [];
  readonly signals: string[] = [];
  readonly #mishaps: Mishaps;
  #endServer: ((exit: Exit) => void) | undefined;

  constructor(mishaps: Mishaps = {}) {
    this.#mishaps = mishaps;
  }

  startServer(dataDir: string): Promise<LocalServer> {
    this.dataDirs.push(dataDir);
    const number = this.dataDirs.length;
    const { exited, end } = ending();
    this.#endServer = end;
    return Promise.resolve({
      url: `http://local:${number}`, apiKey: 'key', pid: number, exited, complaint: () => 'out of memory',
      kill: (signal) => {
        this.signals.push(`${signal} to server ${number}`);
        end({ code: null, signal });
      },
    });
  }

  startTrainer(address: Address, job: TrainerJob, onEvent: (event: TrainerEvent) => void): Trainer {
    this.jobs.push(job);
    this.addresses.push({ url: address.url, apiKey: address.apiKey });
    const number = this.jobs.length;
    const { exited, end, ended } = ending();
    let stepsLeft = Infinity;
    const take = (step: number): void => {
      if (ended()) return;
      if (stepsLeft-- === 0) {
        end({ code: null, signal: 'SIGKILL' });
        return;
      }
      if (number === this.#mishaps.failingJob) {
        end({ code: 1, signal: null });
        return;
      }
      if (step > job.lastStep) {
        end({ code: 0, signal: null });
        return;
      }
      if (step === this.#mishaps.dyingServerAtStep) {
        this.#endServer?.({ code: 7, signal: null });
        return;
      }
      onEvent({ event: 'step', step, loss: 1 / step });
      if (step === job.saveAfter && this.#mishaps.silentSaves !== true) {
        onEvent({ event: 'saved', step, path: `tinker://run/weights/${step}` });
      }
      // A real step lasts longer than the wait before a kill does.
      if (step > (job.saveAfter ?? job.lastStep)) setTimeout(() => { take(step + 1); }, 5);
      else setImmediate(() => { take(step + 1); });
    };
    setImmediate(() => { take(job.firstStep); });
    return {
      pid: 100 + number, exited, complaint: () => 'Error: no such checkpoint',
      kill: (signal) => {
        this.signals.push(`${signal} to trainer ${number}`);
        stepsLeft = this.#mishaps.slowKill ?? 0;
        if (stepsLeft === 0) end({ code: null, signal });
      },
    };
  }
}

function ending(): { readonly exited: Promise<Exit>; readonly end: (exit: Exit) => void; readonly ended: () => boolean } {
  let isOver = false;
  let settle: (exit: Exit) => void = () => undefined;
  const exited = new Promise<Exit>((resolve) => {
    settle = resolve;
  });
  return {
    exited,
    end: (exit) => {
      isOver = true;
      settle(exit);
    },
    ended: () => isOver,
  };
}
