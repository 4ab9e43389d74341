import type { Exit } from './child.js';
import { planFor, type Curve, type Curves, type LossPoint, type Plan } from './curves.js';
import type { TrainerJob } from './job.js';
import { describeExit, type Address, type Launcher, type LocalServer, type Trainer } from './launcher.js';
import type { RunDisplay, Screen } from './screen.js';

/** What to train, and where. */
export interface Experiment extends Omit<TrainerJob, 'firstStep' | 'lastStep' | 'saveAfter' | 'resumeFrom' | 'withOptimizer'> {
  readonly steps: number;
}

/** How long a part took. */
export interface Timing {
  readonly part: string;
  readonly seconds: number;
}

/** What the runs have left. */
export interface Measured {
  /** As planned, but with the last step that was reported before the kill. */
  readonly plan: Plan;
  readonly curves: Curves;
  /** Path of the checkpoint on the server. */
  readonly checkpoint: string;
  readonly timings: readonly Timing[];
}

/** What the runs need. */
export interface Surroundings {
  readonly launcher: Launcher;
  readonly screen: Screen;
  /** Where our own server keeps its files, or the address of another one that is not ours to kill. */
  readonly server: { readonly dataDir: string } | Address;
  /** Milliseconds on a clock that only goes forward. */
  readonly now: () => number;
}

/**
 * The four runs, with the crash in between.
 * @throws Error when a process does not do what it was started for
 */
export async function runExperiment(experiment: Experiment, surroundings: Surroundings): Promise<Measured> {
  const runs = new Runs(experiment, surroundings);
  const { plan } = runs;
  await runs.startServer('start');

  const uninterrupted = await runs.train('train without interruption, for comparison', { firstStep: 1 });
  const crashed = await runs.crash(
    `train the same again, save after step ${plan.saveAfter}, and crash after step ${plan.killAfter}`,
    { firstStep: 1, saveAfter: plan.saveAfter },
  );
  const checkpoint = crashed.checkpoint;
  if (checkpoint === undefined) throw new Error('the trainer was killed before it had reported a checkpoint');

  await runs.startServer('restart');
  const resume = { firstStep: plan.saveAfter + 1, resumeFrom: checkpoint };
  const resumed = await runs.train('resume with the optimizer state', { ...resume, withOptimizer: true });
  const weightsOnly = await runs.train('resume once more, with the weights only', resume);
  await runs.stopServer();

  return {
    // Another step may have been reported before the kill came.
    plan: { ...plan, killAfter: crashed.curve.at(-1)?.step ?? plan.killAfter },
    checkpoint,
    timings: runs.timings,
    curves: {
      uninterrupted: uninterrupted.curve,
      interrupted: crashed.curve,
      resumed: resumed.curve,
      weightsOnly: weightsOnly.curve,
    },
  };
}

// A server that is asked to stop finishes its running operation first.
const stopPatienceMs = 10_000;

interface TrainedRun {
  readonly curve: Curve;
  readonly checkpoint: string | undefined;
}

interface RunningTrainer {
  readonly trainer: Trainer;
  readonly points: Curve;
  readonly display: RunDisplay;
  readonly checkpoint: () => string | undefined;
}

type Variation = Pick<TrainerJob, 'firstStep' | 'saveAfter' | 'resumeFrom' | 'withOptimizer'> & Partial<Pick<TrainerJob, 'lastStep'>>;

/** One part after another, timed. */
class Runs {
  readonly plan: Plan;
  readonly timings: Timing[] = [];
  readonly #experiment: Experiment;
  readonly #surroundings: Surroundings;
  #own: LocalServer | undefined;

  constructor(experiment: Experiment, surroundings: Surroundings) {
    this.plan = planFor(experiment.steps);
    this.#experiment = experiment;
    this.#surroundings = surroundings;
  }

  async startServer(verb: 'start' | 'restart'): Promise<void> {
    const { server, launcher } = this.#surroundings;
    if (!('dataDir' in server)) return;
    await this.#timed(`${verb} the local server`, async (say) => {
      this.#own = await launcher.startServer(server.dataDir);
      say(`   ${this.#own.url}, process ${this.#own.pid ?? '?'}`);
    });
  }

  async stopServer(): Promise<void> {
    const server = this.#own;
    if (server === undefined) return;
    this.#own = undefined;
    await this.#timed('stop the local server', async () => {
      const insist = setTimeout(() => server.kill('SIGKILL'), stopPatienceMs);
      server.kill('SIGTERM');
      await server.exited;
      clearTimeout(insist);
    });
  }

  /** Trains from the first to the last step. */
  async train(part: string, variation: Variation): Promise<TrainedRun> {
    return this.#timed(part, async () => {
      const run = this.#start(variation, () => undefined);
      const exit = await this.#endOf(run.trainer, () => false);
      run.display.end();
      if (exit.code !== 0) throw new Error(`the trainer ended with ${describeExit(exit)}. ${run.trainer.complaint()}`);
      return { curve: run.points, checkpoint: run.checkpoint() };
    });
  }

  /** Trains until `killAfter` is reported, then kills trainer and server in the middle of the next step. */
  async crash(part: string, variation: Variation): Promise<TrainedRun> {
    const { now } = this.#surroundings;
    const server = this.#own;
    return this.#timed(part, async (say) => {
      let killed = false;
      let reported = now();
      let fastestMs = Infinity;
      let last = 0;
      // With its end in sight, a fast trainer could get there before a busy machine kills it.
      const run = this.#start({ ...variation, lastStep: Number.MAX_SAFE_INTEGER }, ({ step }) => {
        last = step;
        fastestMs = Math.min(fastestMs, now() - reported);
        reported = now();
        if (step !== this.plan.killAfter) return;
        // At this moment the next step is not even sent; half a step later the server works on it.
        setTimeout(() => {
          killed = true;
          run.trainer.kill('SIGKILL');
          server?.kill('SIGKILL');
        }, fastestMs / 2);
      });
      const exit = await this.#endOf(run.trainer, () => killed);
      run.display.end();
      if (exit.signal !== 'SIGKILL') {
        throw new Error(`the trainer ended before it was killed (${describeExit(exit)}). ${run.trainer.complaint()}`);
      }
      await server?.exited;
      this.#own = undefined;
      const lost = last - this.plan.saveAfter;
      say(`   saved ${run.checkpoint() ?? 'nothing'}`);
      say(`   SIGKILL in the middle of step ${last + 1}: ${lost === 1 ? 'the step' : `the ${lost} steps`} since the save ${lost === 1 ? 'is' : 'are'} lost`);
      say(`   dead: the trainer, process ${run.trainer.pid ?? '?'}`
        + (server === undefined ? '; the server is not ours to kill' : `, and the server, process ${server.pid ?? '?'}`));
      return { curve: run.points, checkpoint: run.checkpoint() };
    });
  }

  #start(variation: Variation, onStep: (point: LossPoint) => void): RunningTrainer {
    const { steps, ...common } = this.#experiment;
    const { launcher, screen } = this.#surroundings;
    const points: LossPoint[] = [];
    let checkpoint: string | undefined;
    const display = screen.follow(variation.firstStep, steps);
    const trainer = launcher.startTrainer(this.#address(), { ...common, lastStep: steps, ...variation }, (event) => {
      if (event.event === 'saved') {
        checkpoint = event.path;
        return;
      }
      const point = { step: event.step, loss: event.loss };
      onStep(point);
      if (point.step > steps) return;
      points.push(point);
      display.show(point);
    });
    return { trainer, points, display, checkpoint: () => checkpoint };
  }

  #address(): Address {
    const { server } = this.#surroundings;
    if (!('dataDir' in server)) return server;
    if (this.#own === undefined) throw new Error('the local server is not running');
    return this.#own;
  }

  /** Without its server a trainer would try again for minutes; say at once what is wrong. */
  async #endOf(trainer: Trainer, killed: () => boolean): Promise<Exit> {
    const server = this.#own;
    if (server === undefined) return trainer.exited;
    const serverEnd = server.exited.then((exit) => {
      if (killed()) return trainer.exited;
      throw new Error(`the local server ended while training (${describeExit(exit)}). ${server.complaint()}`);
    });
    return Promise.race([trainer.exited, serverEnd]);
  }

  async #timed<A>(part: string, work: (say: (text: string) => void) => Promise<A>): Promise<A> {
    const { screen, now } = this.#surroundings;
    const started = now();
    screen.say(`${this.timings.length + 1}. ${part}`);
    const result = await work((text) => screen.say(text));
    this.timings.push({ part, seconds: (now() - started) / 1000 });
    return result;
  }
}
