import type { Mutant } from './mutants.js';
import { ProgramSchedule } from './program-schedule.js';
import { reportOf, type Report } from './report.js';
import { makeScene } from './scene.js';
import { connect } from './stand-ins/undici-transport.js';
import { enter, leave } from './stand-ins/world-of-now.js';
import { TrainerSchedule } from './trainer-schedule.js';
import { WorldEvents } from './world/world-events.js';

export interface ScheduleOptions {
  readonly keepsTrace?: boolean;
  readonly mutant?: Mutant;
}

/** Of how many schedules one is that of a trainer that is killed. */
const trainerEvery = 16;

/** Runs the schedule of a seed: a program, what befalls it, and the comparison of both. */
export async function runSchedule(seed: number, { keepsTrace = false, mutant = {} }: ScheduleOptions = {}): Promise<Report> {
  const schedule = seed % trainerEvery === 0 ? new TrainerSchedule() : new ProgramSchedule();
  const scene = makeScene(seed, keepsTrace, mutant, (modelId) => schedule.isWedged(modelId));
  const { time, plan, server, network, clients, uuid, intervals, chance, note, violated } = scene;
  const onUnhandled = (thrown: unknown) => violated(`an unhandled rejection: ${String(thrown)}`);
  process.on('unhandledRejection', onUnhandled);
  enter({ time, uuid, random: clients.next, intervals, onLeak: (what) => violated(`${what} was asked for outside of the environment`) });
  connect(network);
  try {
    new WorldEvents({ time, random: chance(8), plan, server, network, note }).begin();
    return reportOf(seed, scene, await schedule.run(scene));
  } finally {
    process.off('unhandledRejection', onUnhandled);
    leave();
    connect(undefined);
  }
}
