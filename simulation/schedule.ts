import { checkLeftovers } from './checks/leftovers.js';
import { checkOutcomes } from './checks/outcomes.js';
import { WireWatch } from './checks/wire-watch.js';
import { meddleOf, type Mutant } from './mutants.js';
import type { FaultKind } from './network/fault-kinds.js';
import { FaultPlan } from './network/fault-plan.js';
import { Network } from './network/network.js';
import { Driver } from './program/driver.js';
import { drawPlan } from './program/plan.js';
import { ServerModel } from './server/server-model.js';
import { drawSettings } from './server/server-settings.js';
import { connect } from './stand-ins/undici-transport.js';
import { enter, leave } from './stand-ins/world-of-now.js';
import { Random } from './world/random.js';
import { Trace } from './world/trace.js';
import { VirtualTime, type Stop } from './world/virtual-time.js';
import { WorldEvents } from './world/world-events.js';

/** What came of one schedule. */
export interface Report {
  readonly seed: number;
  /** The same for the same seed, everywhere. */
  readonly hash: string;
  readonly violations: readonly string[];
  readonly faults: ReadonlyMap<FaultKind, number>;
  readonly operations: number;
  readonly executed: number;
  readonly requests: number;
  readonly events: number;
  readonly virtualMs: number;
  /** How the operations ended, by the kind of their error. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** What happened, where that was asked for. */
  readonly lines: readonly string[];
}

export interface ScheduleOptions {
  readonly keepsTrace?: boolean;
  readonly mutant?: Mutant;
}

const limits = { until: 14 * 86_400_000, events: 30_000 };

/** Runs the schedule of a seed: a program, what befalls it, and the comparison of both. */
export async function runSchedule(seed: number, { keepsTrace = false, mutant = {} }: ScheduleOptions = {}): Promise<Report> {
  const time = new VirtualTime();
  const trace = new Trace(() => time.now, keepsTrace);
  const note = (line: string) => trace.note(line);
  const violations: string[] = [];
  const violated = (what: string) => {
    note(`VIOLATION ${what}`);
    if (violations.length < 20) violations.push(what);
  };
  const chance = (stream: number) => new Random(seed, stream);
  const plan = new FaultPlan(chance(1), () => time.now);
  const settings = drawSettings(chance(2));
  const server = new ServerModel({ time, random: chance(3), settings, quirks: mutant.quirks ?? {}, strikes: plan.strikes, note });
  const clients = chance(4);
  let ids = 0;
  const uuid = () => {
    ids += 1;
    return `${seed}-${ids}`;
  };
  const intervals = new Set<object>();
  const watch: WireWatch = new WireWatch({ now: () => time.now, violated, isWedged: (modelId) => driver.isWedged(modelId) });
  const network = new Network({ time, random: chance(5), trace, plan, server, watch, meddle: meddleOf(mutant) });
  enter({ time, uuid, random: clients.next, intervals, onLeak: (what) => violated(`${what} was asked for outside of the environment`) });
  const onUnhandled = (thrown: unknown) => violated(`an unhandled rejection: ${String(thrown)}`);
  process.on('unhandledRejection', onUnhandled);
  connect(network);
  const environment = { clock: time.clock, now: () => time.now, random: clients.next, uuid, wallNow: () => time.wallNow };
  const driver: Driver = new Driver(drawPlan(chance(6), settings.readsProtobuf), { time, random: chance(7), environment, chunk: () => watch.chunk, note });
  const world = new WorldEvents({ time, random: chance(8), plan, server, network, note });
  try {
    world.begin();
    const ended = await until(time, () => driver.run());
    if (ended !== undefined) violated(`the program hangs: ${ended}`);
    if (mutant.leaksTimer === true) environment.clock.setTimeout(() => undefined, 1_000);
    const closed = await until(time, () => driver.close());
    if (closed !== undefined) violated(`closing hangs: ${closed}`);
    watch.over();
    checkLeftovers({ service: driver.service, slots: driver.slots, clientTimers: time.clientTimers, openRequests: network.open, keepAlives: intervals.size, violated });
    // What is under way may still arrive, and what was accepted be executed.
    await time.run(() => false, { until: time.now + 900_000, events: limits.events });
    const { tracked, slots } = driver;
    checkOutcomes({ tracked, slots, ledger: server.ledger, lost: server.lost, numbers: watch.numbers, violated });
    for (const [key, times] of server.samples) if (times > 1) violated(`sample ${key} was drawn ${times} times`);
  } finally {
    process.off('unhandledRejection', onUnhandled);
    leave();
    connect(undefined);
  }
  const outcomes = new Map<string, number>();
  for (const { outcome } of driver.tracked) {
    const how = typeof outcome === 'string' ? outcome : outcome.kind;
    outcomes.set(how, (outcomes.get(how) ?? 0) + 1);
  }
  return {
    seed,
    hash: trace.hash,
    violations,
    faults: plan.counts,
    operations: driver.tracked.length,
    executed: server.ledger.length,
    requests: watch.requests,
    events: time.events,
    virtualMs: time.now,
    outcomes,
    lines: trace.lines ?? [],
  };
}

/** Lets time pass until a promise is settled; why it never will, where it does not. */
async function until(time: VirtualTime, start: () => Promise<void>): Promise<Exclude<Stop, 'done'> | undefined> {
  let isDone = false;
  const done = () => {
    isDone = true;
  };
  const failures: unknown[] = [];
  start().then(done, (thrown: unknown) => {
    failures.push(thrown);
    done();
  });
  const stop = await time.run(() => isDone, limits);
  for (const thrown of failures) throw thrown;
  return stop === 'done' ? undefined : stop;
}
