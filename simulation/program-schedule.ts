import { checkLeftovers } from './checks/leftovers.js';
import { checkOutcomes } from './checks/outcomes.js';
import { Driver } from './program/driver.js';
import { drawPlan } from './program/plan.js';
import type { Scene } from './scene.js';
import { scheduleLimits, until } from './until.js';

/** A program of any calls, on clients that no process is killed of. */
export class ProgramSchedule {
  #driver: Driver | undefined;

  isWedged(modelId: string): boolean {
    return this.#driver?.isWedged(modelId) === true;
  }

  /** @returns how each operation ended */
  async run({ time, settings, clients, uuid, chance, watch, network, server, intervals, mutant, note, violated }: Scene): Promise<readonly string[]> {
    const environment = { clock: time.clock, now: () => time.now, random: clients.next, uuid, wallNow: () => time.wallNow };
    const plan = drawPlan(chance(6), settings.readsProtobuf);
    const driver = new Driver(plan, { time, random: chance(7), environment, chunk: () => watch.chunk, note });
    this.#driver = driver;
    const ended = await until(time, () => driver.run());
    if (ended !== undefined) violated(`the program hangs: ${ended}`);
    if (mutant.leaksTimer === true) environment.clock.setTimeout(() => undefined, 1_000);
    const closed = await until(time, () => driver.close());
    if (closed !== undefined) violated(`closing hangs: ${closed}`);
    watch.over();
    const { service, tracked, slots } = driver;
    checkLeftovers({ service, slots, clientTimers: time.clientTimers, openRequests: network.open, keepAlives: intervals.size, violated });
    // What is under way may still arrive, and what was accepted be executed.
    await time.run(() => false, { until: time.now + 900_000, events: scheduleLimits.events });
    checkOutcomes({ tracked, slots, ledger: server.ledger, lost: server.lost, numbers: watch.numbers, violated });
    for (const [key, times] of server.samples) if (times > 1) violated(`sample ${key} was drawn ${times} times`);
    return tracked.map(({ outcome }) => (typeof outcome === 'string' ? outcome : outcome.kind));
  }
}
