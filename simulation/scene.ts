import { WireWatch } from './checks/wire-watch.js';
import { meddleOf, type Mutant } from './mutants.js';
import { FaultPlan } from './network/fault-plan.js';
import { Network } from './network/network.js';
import { ServerModel } from './server/server-model.js';
import { drawSettings, type ServerSettings } from './server/server-settings.js';
import { Random } from './world/random.js';
import { Trace } from './world/trace.js';
import { VirtualTime } from './world/virtual-time.js';

/** Everything of a schedule but the program. */
export interface Scene {
  readonly time: VirtualTime;
  readonly trace: Trace;
  readonly plan: FaultPlan;
  readonly settings: ServerSettings;
  readonly server: ServerModel;
  readonly watch: WireWatch;
  readonly network: Network;
  /** Chance that the client draws. */
  readonly clients: Random;
  readonly uuid: () => string;
  /** Timers that keep the process alive. */
  readonly intervals: Set<object>;
  readonly violations: readonly string[];
  readonly mutant: Mutant;
  /** Chance for one purpose, apart from all others. */
  readonly chance: (stream: number) => Random;
  readonly note: (line: string) => void;
  readonly violated: (what: string) => void;
}

const mostViolations = 20;

/** @param isWedged whether the client of a model is wedged at this moment */
export function makeScene(seed: number, keepsTrace: boolean, mutant: Mutant, isWedged: (modelId: string) => boolean): Scene {
  const time = new VirtualTime();
  const trace = new Trace(() => time.now, keepsTrace);
  const note = (line: string) => trace.note(line);
  const violations: string[] = [];
  const violated = (what: string) => {
    note(`VIOLATION ${what}`);
    if (violations.length < mostViolations) violations.push(what);
  };
  const chance = (stream: number) => new Random(seed, stream);
  const plan = new FaultPlan(chance(1), () => time.now);
  const settings = drawSettings(chance(2));
  const server = new ServerModel({ time, random: chance(3), settings, quirks: mutant.quirks ?? {}, strikes: plan.strikes, note });
  const watch = new WireWatch({ now: () => time.now, violated, isWedged });
  const network = new Network({ time, random: chance(5), trace, plan, server, watch, meddle: meddleOf(mutant) });
  let ids = 0;
  const uuid = () => {
    ids += 1;
    return `${seed}-${ids}`;
  };
  return { time, trace, plan, settings, server, watch, network, clients: chance(4), uuid, intervals: new Set(), violations, mutant, chance, note, violated };
}
