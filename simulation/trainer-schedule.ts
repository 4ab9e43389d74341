import { effectiveSteps, idealSteps } from './checks/history.js';
import { SimulatedDisk } from './process/simulated-disk.js';
import { SimulatedProcess, type Death } from './process/simulated-process.js';
import { Trainer } from './program/trainer.js';
import { drawTrainerPlan } from './program/trainer-plan.js';
import type { Scene } from './scene.js';
import { connect } from './stand-ins/undici-transport.js';
import { until } from './until.js';
import type { Random } from './world/random.js';

const mostLives = 30;
/** From then on no process is killed, and the next ones begin when nothing goes wrong any more. */
const calmAfter = 15;

/**
 * A trainer that keeps a journal, is killed again and again, and each time goes on where it stopped: at its end the model holds
 * exactly the steps of a run that nothing disturbed.
 */
export class TrainerSchedule {
  readonly #ends: string[] = [];
  #trainer: Trainer | undefined;

  isWedged(modelId: string): boolean {
    return this.#trainer?.isWedged(modelId) === true;
  }

  /** @returns how each operation ended */
  async run(scene: Scene): Promise<readonly string[]> {
    const { time, violated } = scene;
    const ended = await until(time, () => this.#lives(scene));
    if (ended !== undefined) violated(`the trainer hangs: ${ended}`);
    return this.#ends;
  }

  async #lives(scene: Scene): Promise<void> {
    const { time, plan, settings, server, watch, network, intervals, chance, note, violated } = scene;
    const random = chance(9);
    const trainerPlan = drawTrainerPlan(chance(10), settings.readsProtobuf);
    const disk = new SimulatedDisk({ time, random: chance(11), strikes: plan.strikesDisk, note });
    for (let life = 1; life <= mostLives; life += 1) {
      const death = plan.isOver || life >= calmAfter ? undefined : drawDeath(random);
      const process = new SimulatedProcess(life, { time, random: scene.clients, uuid: scene.uuid, network, disk, intervals }, death);
      connect(process);
      disk.writeBack();
      watch.newProcess();
      note(`PROCESS ${life} begins${death === undefined ? '' : `, to be killed by ${death.by} after ${Math.round(death.after)}`}`);
      const trainer = new Trainer(trainerPlan, { time, environment: process.environment, ends: this.#ends, note });
      this.#trainer = trainer;
      const finished = await Promise.race([trainer.run(), process.dead]);
      if (finished === 'killed') {
        plan.count('process killed');
      } else if (random.chance(0.5)) {
        await Promise.race([trainer.close(), process.dead]);
      }
      if (finished === 'finished') {
        const { modelId } = trainer;
        const done = effectiveSteps(server.ledger, server.starts, modelId);
        const ideal = idealSteps(trainerPlan);
        // Who calls ahead has what comes after a call that is refused or fails executed without it: then there is nothing to compare.
        const anyFailed = watch.refusals > 0 || this.#ends.some((how) => how !== 'done' && how !== 'wedged') || server.failures > 0 || plan.hasFailed('disk full', 'disk error');
        if ((trainerPlan.isCareful || !anyFailed) && done !== ideal) violated(`${modelId} holds other steps than a run that nothing disturbed:\n    ${done}\n    ${ideal}`);
        process.kill();
        watch.over();
        return;
      }
      process.kill();
      if (random.chance(0.3)) {
        plan.count('power failure');
        disk.powerFailed();
      }
      note(`PROCESS ${life} is over: ${finished}`);
      const pauseMs = random.weighted([[10, 2], [5_000, 2], [200_000, 0.3]]);
      await new Promise<void>((resolve) => time.after(life < calmAfter ? pauseMs : Math.max(pauseMs, plan.endsAt - time.now), resolve));
    }
    violated(`the trainer did not get to its end in ${mostLives} processes`);
  }
}

/** Mostly early: much happens in the first moments of a process. */
function drawDeath(random: Random): Death | undefined {
  const by = random.weighted<Death['by'] | 'nothing'>([['disk', 4], ['network', 4], ['time', 2], ['nothing', 2]]);
  if (by === 'nothing') return undefined;
  return { by, after: by === 'time' ? random.between(0, 20_000) : 1 + random.below(by === 'disk' ? 60 : 40) };
}
