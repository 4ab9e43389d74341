import { fileURLToPath } from 'node:url';
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import type { Child, Children, Exit } from './child.js';
import { argumentsOf, type TrainerJob } from './job.js';
import { parseJson, readTrainerEvent, type TrainerEvent } from './trainer-events.js';

/** A server to train on. */
export interface Address {
  readonly url: string;
  readonly apiKey: string;
}

/** A server of our own. */
export interface LocalServer extends Address {
  readonly pid: number | undefined;
  readonly exited: Promise<Exit>;
  kill(signal: NodeJS.Signals): void;
  complaint(): string;
}

/** A running trainer. */
export interface Trainer {
  readonly pid: number | undefined;
  /** Rejects when the trainer said something that is no event. */
  readonly exited: Promise<Exit>;
  kill(signal: NodeJS.Signals): void;
  complaint(): string;
}

/** Starts the processes that the quickstart consists of. */
export interface Launcher {
  startServer(dataDir: string): Promise<LocalServer>;
  startTrainer(address: Address, job: TrainerJob, onEvent: (event: TrainerEvent) => void): Trainer;
}

const ServerReady = t.type({ url: t.string, apiKey: t.string }, 'ServerReady');

const serverPatienceMs = 60_000;

/** Real processes: `tinkerjs serve`, and the trainer program next to this file. */
export function launcherOf(children: Pick<Children, 'start'>, environment: NodeJS.ProcessEnv): Launcher {
  // What the user has set for other servers must not decide how ours and the trainer behave.
  const neutral = Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('TINKER_')));
  return {
    startServer: (dataDir) => new Promise((resolve, reject) => {
      const server: Child = children.start({
        script: fileURLToPath(new URL('../main.js', import.meta.url)),
        args: ['serve', '--port', '0', '--json', '--data-dir', dataDir],
        environment: neutral,
        onLine: (line) => {
          const ready = ServerReady.decode(parseJson(line));
          if (E.isRight(ready)) resolve({ ...server, url: ready.right.url, apiKey: ready.right.apiKey });
        },
      });
      const giveUp = setTimeout(() => {
        reject(new Error(`the local server was not ready within ${serverPatienceMs / 1000} s. ${server.complaint()}`));
      }, serverPatienceMs).unref();
      void server.exited.then((exit) => {
        clearTimeout(giveUp);
        reject(new Error(`the local server did not start (${describeExit(exit)}). ${server.complaint()}`));
      });
    }),

    startTrainer: (address, job, onEvent) => {
      let misread: Error | undefined;
      const trainer = children.start({
        script: fileURLToPath(new URL('./trainer.js', import.meta.url)),
        args: argumentsOf(job),
        environment: { ...neutral, TINKER_BASE_URL: address.url, TINKER_API_KEY: address.apiKey },
        onLine: (line) => {
          if (misread !== undefined) return;
          try {
            onEvent(readTrainerEvent(line));
          } catch (error) {
            misread = error instanceof Error ? error : new Error(String(error));
            trainer.kill('SIGKILL');
          }
        },
      });
      const exited = trainer.exited.then((exit) => {
        if (misread !== undefined) throw misread;
        return exit;
      });
      return { ...trainer, exited };
    },
  };
}

/** For messages: "exit code 1" or "killed by SIGKILL". */
export function describeExit({ code, signal }: Exit): string {
  if (signal !== null) return `killed by ${signal}`;
  return code === null ? 'not started' : `exit code ${code}`;
}
