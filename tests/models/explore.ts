import { createActor, fromTransition, getNextTransitions, type ActorLogic, type AnyActorRef, type AnyActorScope, type AnyActorLogic, type AnyEventObject, type AnyMachineSnapshot, type EventObject } from 'xstate';
import { adjacencyMapToArray, getAdjacencyMap } from 'xstate/graph';
import { isRecord } from '../../src/types/check.js';
import { count } from './settings.js';

/** A machine as far as it is explored here. */
export interface Explorable<S extends AnyMachineSnapshot, Input> {
  getInitialSnapshot(scope: AnyActorScope, input: Input): S;
  transition(snapshot: S, event: AnyEventObject, scope: AnyActorScope): S;
}

/** What one event did to a machine. */
export interface Step<S> {
  /** Undefined for the start. */
  readonly before: S | undefined;
  readonly event: AnyEventObject | undefined;
  readonly after: S;
  /** What it told its parent, and what it emitted. */
  readonly told: readonly EventObject[];
  readonly emitted: readonly EventObject[];
  readonly spawned: readonly { readonly id: string; readonly src: string; readonly input: unknown }[];
  readonly stopped: readonly string[];
  /** Milliseconds that it will wait for, by the event that comes then. */
  readonly waits: readonly { readonly type: string; readonly ms: number }[];
}

/** A machine in its world. */
export interface State<S, World> {
  readonly snapshot: S;
  readonly world: World;
  /** Children that were started and not stopped. */
  readonly alive: readonly string[];
  /** Events of timers that were set and not cancelled. */
  readonly timers: readonly string[];
  /** The events that led here, by the shortest way. */
  readonly trail: readonly AnyEventObject[];
  /** What was found to be wrong here. */
  readonly broken: string | undefined;
}

/** What is explored: a machine, what can happen to it, and what must hold. */
export interface Model<S extends AnyMachineSnapshot, Input, World> {
  readonly machine: Explorable<S, Input>;
  readonly input: Input;
  /** What happened so far, as far as the rules look at it. */
  readonly world: World;
  /** The events that can come, by their type; one has to be named for every type that the chart knows. Timers go by themselves. */
  readonly events: (state: State<S, World>) => Readonly<Record<string, readonly AnyEventObject[]>>;
  /** What a step changes in the world; throws where a rule is broken. */
  readonly step: (world: World, step: Step<S>, state: State<S, World>) => World;
  /** Throws where a rule is broken. */
  readonly check?: (state: State<S, World>) => void;
  /** What tells states apart, beside the chart's own state, children, timers and the world. */
  readonly key: (snapshot: S) => unknown;
  /** Where a way may end. */
  readonly isEnd: (state: State<S, World>) => boolean;
  /** Beyond which nothing is explored. */
  readonly isFar?: (state: State<S, World>) => boolean;
  /** Events that are no way out. */
  readonly isNoWayOut?: (event: AnyEventObject) => boolean;
}

/** What was seen. */
export interface Explored {
  readonly states: number;
  readonly transitions: number;
  /** The chart's states in which the machine has rested. */
  readonly values: readonly string[];
}

const mostSteps = 2_000_000;

/**
 * Takes a machine through everything that can happen to it, breadth first, as `xstate/graph` does it.
 * @throws Error on the first broken rule, with the shortest way that leads there
 */
export function explore<S extends AnyMachineSnapshot, Input, World>(model: Model<S, Input, World>): Explored {
  type Here = State<S, World>;
  const bench = new Bench(model.machine, model.input);
  const advance = (before: Here | undefined, event: AnyEventObject | undefined): Here => {
    const step = event === undefined || before === undefined ? bench.start() : bench.take(before.snapshot, event);
    const { after, stopped, waits, kept } = step;
    const trail = [...(before?.trail ?? []), ...(event === undefined ? [] : [event])];
    const gone = new Set(stopped);
    const alive = [...(before?.alive ?? []).filter((id) => !gone.has(id)), ...kept].sort();
    const left = (before?.timers ?? []).filter((type) => type !== event?.type && !step.cancelled.includes(type));
    const timers = [...new Set([...left, ...waits.map(({ type }) => type)])].sort();
    const state = { snapshot: after, world: before?.world ?? model.world, alive, timers, trail, broken: undefined };
    try {
      held(after.status !== 'error', `it failed: ${String(after.error)}`);
      held(new Set(alive).size === alive.length, `two children have one name: ${alive.join(', ')}`);
      held(waits.every(({ ms }) => ms >= 0 && ms < 2 ** 31), `no timer waits for ${JSON.stringify(waits)}`);
      const children: object = after.children;
      const left = after.status === 'done' ? [...alive, ...timers, ...Object.keys(children)] : [];
      held(left.length === 0, `it has ended, but holds ${left.join(', ')}`);
      const now = { ...state, world: model.step(state.world, step, state) };
      model.check?.(now);
      return now;
    } catch (thrown) {
      return { ...state, broken: String(thrown) };
    }
  };
  const eventsOf = (state: Here): readonly AnyEventObject[] => {
    if (state.snapshot.status !== 'active' || model.isFar?.(state) === true) return [];
    const given = model.events(state);
    const known = getNextTransitions(state.snapshot).map(({ eventType }) => String(eventType)).filter((type) => type !== '');
    // Tasks end whether the chart has an answer to it or not.
    const types = new Set([...known, ...state.alive.flatMap((id) => [`xstate.done.actor.${id}`, `xstate.error.actor.${id}`]).filter((type) => type in given)]);
    return [...types].flatMap((type) => {
      if (type.startsWith('xstate.after.')) return state.timers.includes(type) ? [{ type }] : [];
      const events = given[type];
      if (events === undefined) throw new Error(`the model does not say how ${type} comes`);
      return events;
    });
  };
  const first = advance(undefined, undefined);
  const logic = fromTransition((state: Here, event: AnyEventObject) => advance(state, event), first);
  const keys = new WeakMap<Here, string>();
  const keyFor = (state: Here): string => {
    const key = keys.get(state) ?? keyOf(state, model);
    keys.set(state, key);
    return key;
  };
  const map = getAdjacencyMap(logic, {
    limit: mostSteps,
    events: ({ context }) => (context.broken === undefined ? eventsOf(context) : []),
    serializeState: ({ context }) => keyFor(context),
  });
  const edges = adjacencyMapToArray(map).map(({ state, event, nextState }) => ({ from: state.context, event, to: nextState.context }));
  const all = new Map([first, ...edges.map(({ to }) => to)].map((state) => [keyFor(state), state]));
  for (const state of all.values()) if (state.broken !== undefined) throw new Error(`${state.broken}\n${wayOf(state)}`);
  const ways = edges.filter(({ event }) => model.isNoWayOut?.(event) !== true).map(({ from, to }) => ({ from: keyFor(from), to: keyFor(to) }));
  const ends = [...all].filter(([, state]) => model.isEnd(state) || model.isFar?.(state) === true).map(([key]) => key);
  const saved = leadingTo(ends, ways);
  for (const [key, state] of all) if (!saved.has(key)) throw new Error(`there is no way out of here\n${wayOf(state)}`);
  const values = [...new Set([...all.values()].map(({ snapshot }) => nameOf(snapshot.value)))].sort();
  count(first.snapshot.machine.id, { states: all.size, transitions: edges.length });
  return { states: all.size, transitions: edges.length, values };
}

/** Says that a rule is broken. */
export function held(condition: boolean, rule: string): void {
  if (!condition) throw new Error(rule);
}

/** A state of the chart in one word. */
export function nameOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function keyOf<S extends AnyMachineSnapshot, Input, World>({ snapshot, world, alive, timers, broken }: State<S, World>, model: Model<S, Input, World>): string {
  return JSON.stringify([snapshot.value, snapshot.status, model.key(snapshot), world, alive, timers, broken]);
}

function wayOf<S extends AnyMachineSnapshot, World>({ snapshot, trail }: State<S, World>): string {
  return [...trail.map((event) => `  ${JSON.stringify(event)}`), `  in ${nameOf(snapshot.value)}: ${JSON.stringify(snapshot.context)}`].join('\n');
}

/** All from which one of the ends can be reached. */
function leadingTo(ends: readonly string[], ways: readonly { readonly from: string; readonly to: string }[]): ReadonlySet<string> {
  const into = new Map<string, string[]>();
  for (const { from, to } of ways) {
    const before = into.get(to) ?? [];
    before.push(from);
    into.set(to, before);
  }
  const open = [...ends];
  const saved = new Set(open);
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    for (const from of into.get(key) ?? []) {
      if (saved.has(from)) continue;
      saved.add(from);
      open.push(from);
    }
  }
  return saved;
}

interface Held {
  /** Timers that were cancelled. */
  readonly cancelled: readonly string[];
  /** Children that were started and not stopped at once. */
  readonly kept: readonly string[];
}

/** Lets a machine take single steps, and notes what it would do instead of doing it. */
class Bench<S extends AnyMachineSnapshot, Input> {
  readonly #machine: Explorable<S, Input>;
  readonly #scope: AnyActorScope;
  readonly #input: Input;
  readonly #actions: { readonly type: string; readonly params: unknown }[] = [];
  #current: S | undefined;

  constructor(machine: Explorable<S, Input>, input: Input) {
    this.#machine = machine;
    this.#input = input;
    this.#scope = this.#scopeOf(input);
  }

  start(): Step<S> & Held {
    this.#current = undefined;
    this.#actions.length = 0;
    return this.#seen(undefined, undefined, this.#machine.getInitialSnapshot(this.#scope, this.#input));
  }

  take(before: S, event: AnyEventObject): Step<S> & Held {
    this.#current = before;
    return this.#seen(before, event, this.#machine.transition(before, event, this.#scope));
  }

  #seen(before: S | undefined, event: AnyEventObject | undefined, after: S) {
    const done = this.#actions.splice(0).map(({ type, params }) => ({ type, params: isRecord(params) ? params : {} }));
    const paramsOf = (type: string) => done.filter((action) => action.type === type).map(({ params }) => params);
    const told = paramsOf('xstate.sendTo').flatMap(({ event: said }) => eventIn(said));
    const emitted = paramsOf('xstate.emit').flatMap(({ event: said }) => eventIn(said));
    const spawned = paramsOf('xstate.spawnChild').map(({ id, src, input }) => ({ id: String(id), src: String(src), input }));
    const stopped = paramsOf('xstate.stopChild').map(({ id }) => String(id));
    // What is begun and ended within one step does not count.
    const waits = new Map<string, number>();
    const cancelled: string[] = [];
    const kept = new Set<string>();
    for (const { type, params } of done) {
      if (type === 'xstate.raise') for (const later of eventIn(params['event'])) waits.set(later.type, Number(params['delay']));
      if (type === 'xstate.cancel') {
        const id = String(params['sendId'] ?? params['id']);
        if (!waits.delete(id)) cancelled.push(id);
      }
      if (type === 'xstate.spawnChild') kept.add(String(params['id']));
      if (type === 'xstate.stopChild') kept.delete(String(params['id']));
    }
    return { before, event, after, told, emitted, spawned, stopped, waits: [...waits].map(([type, ms]) => ({ type, ms })), cancelled, kept: [...kept] };
  }

  /** The scope of a real actor that does nothing itself. */
  #scopeOf(input: Input): AnyActorScope {
    const scopes: AnyActorScope[] = [];
    const logic: ActorLogic<S, AnyEventObject, Input> = {
      transition: (state) => state,
      getInitialSnapshot: (scope, given) => {
        scopes.push(scope);
        return this.#machine.getInitialSnapshot(scope, given);
      },
      getPersistedSnapshot: (state) => state,
    };
    const parent = createActor(fromTransition(() => undefined, undefined));
    createActor<AnyActorLogic>(logic, { parent, input });
    const [scope] = scopes;
    if (scope === undefined) throw new Error('the actor has no scope');
    const self: AnyActorRef = new Proxy<AnyActorRef>(scope.self, {
      get: (target, name): unknown => (name === 'getSnapshot' ? () => this.#current : Reflect.get(target, name)),
    });
    return { ...scope, self, defer: () => undefined, emit: () => undefined, stopChild: () => undefined, actionExecutor: (action) => this.#actions.push(action) };
  }
}

function eventIn(said: unknown): EventObject[] {
  return isRecord(said) && typeof said['type'] === 'string' ? [{ ...said, type: said['type'] }] : [];
}
