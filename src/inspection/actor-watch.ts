import type {
  ActorRefLike,
  AnyStateMachine,
  AnyTransitionDefinition,
  InspectedEventEvent,
  InspectedMicrostepEvent,
  InspectedSnapshotEvent,
  InspectionEvent,
  SnapshotStatus,
  StateValue,
} from 'xstate';
import { EventTexts, typeOf } from './actor-event-text.js';
import { SeenActor } from './actor-seen.js';
import { machineState, statusOf } from './actor-states.js';
import { machineChart } from './machine-chart.js';
import type { ActorRecord, ChartRecord } from './records.js';

/** What a watch works with. */
export interface ActorWatchOptions {
  /** Id of the service, as in its records. */
  readonly service: string;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
  /** There is something to tell; called once until `changes` is. An actor that is gone by then leaves no record. */
  readonly changed: () => void;
}

/**
 * Makes records of the state machines of an actor system of xstate's. Only names get into them, nothing of contexts
 * and of what events hold. It hears of everything that every actor does, so it looks only at what can have changed a
 * state, and makes words of it no sooner than it is asked.
 */
export class ActorWatch {
  readonly #options: ActorWatchOptions;
  /** Those that run, by key. */
  readonly #running = new Map<string, SeenActor>();
  /** Those with news. */
  readonly #changed = new Set<SeenActor>();
  /** By machine id. */
  readonly #texts = new Map<string, EventTexts>();
  readonly #untoldCharts: AnyStateMachine[] = [];
  #root: ActorRefLike | undefined;
  /** Whether `changed` is to be called at the next news. */
  #isCalm = true;

  constructor(options: ActorWatchOptions) {
    this.#options = options;
  }

  /** How many actors it keeps: those that run, and those whose end is still to be told. */
  get size(): number {
    return this.#running.size + [...this.#changed].filter(({ hasEnded }) => hasEnded).length;
  }

  /** Takes an inspection event. It is to be told all of them, from the start of the root on. */
  next(event: InspectionEvent): void {
    switch (event.type) {
      case '@xstate.event':
        if (event.event.type.startsWith('xstate.')) this.#hear(event);
        break;
      case '@xstate.microstep':
        this.#follow(event);
        break;
      case '@xstate.snapshot':
        this.#see(event);
        break;
    }
  }

  /** What is new since the last time: charts first, then one record for each actor. */
  changes(): (ActorRecord | ChartRecord)[] {
    const { service, wallNow } = this.#options;
    this.#isCalm = false;
    this.#lookAtRoot();
    this.#isCalm = true;
    const charts = this.#untoldCharts.splice(0).map((machine): ChartRecord => ({ type: 'chart', service, key: machine.id, at: wallNow(), chart: machineChart(machine) }));
    const actors = [...this.#changed].map((actor) => {
      actor.told = true;
      return actor.record(service);
    });
    this.#changed.clear();
    return [...charts, ...actors];
  }

  #hear({ event: { type }, actorRef, sourceRef }: InspectedEventEvent): void {
    // Those that are stopped before they start never get here.
    if (type === 'xstate.init') this.#begin(actorRef, sourceRef?.sessionId);
    // A machine that throws gives no snapshot: this is all that is seen of its end.
    else if (type.startsWith('xstate.error.actor.')) this.#end(String(sourceRef?.sessionId), 'error');
  }

  #begin(ref: ActorRefLike, parent: string | undefined): void {
    const state = machineState(ref.getSnapshot());
    if (state === undefined) return;
    const actor = new SeenActor(ref, parent, state, this.#textsOf(state.machine), this.#options.wallNow());
    if (parent === undefined) this.#root = ref;
    this.#running.set(actor.key, actor);
    this.#tell(actor);
  }

  #textsOf(machine: AnyStateMachine): EventTexts {
    const known = this.#texts.get(machine.id);
    if (known !== undefined) return known;
    const texts = new EventTexts(machine);
    this.#texts.set(machine.id, texts);
    this.#untoldCharts.push(machine);
    return texts;
  }

  #follow({ _transitions, actorRef, snapshot }: InspectedMicrostepEvent): void {
    const cause = causeOf(_transitions);
    if (cause === undefined) return;
    const state = machineState(snapshot);
    const actor = this.#running.get(actorRef.sessionId);
    // Steps that a machine makes before it starts lead to the states in which it begins.
    if (state === undefined || actor === undefined) return;
    if (cause.enters || !actor.isIn(state.value)) this.#step(actor, cause.type, state.value);
  }

  #see({ actorRef, event, snapshot }: InspectedSnapshotEvent): void {
    const actor = this.#running.get(actorRef.sessionId);
    const state = actor === undefined ? undefined : machineState(snapshot);
    if (state === undefined || actor === undefined) return;
    // A machine that was put into a state from outside makes no steps.
    if (!actor.isIn(state.value)) this.#step(actor, event.type, state.value);
    if (state.status !== 'active') this.#end(actor.key, state.status);
  }

  #step(actor: SeenActor, cause: string, to: StateValue): void {
    actor.step(cause, to, this.#options.wallNow());
    this.#tell(actor);
  }

  #end(key: string, status: SnapshotStatus): void {
    const actor = this.#running.get(key);
    if (actor === undefined) return;
    this.#running.delete(key);
    this.#changed.delete(actor);
    actor.end(status, this.#options.wallNow());
    if (actor.told) this.#tell(actor);
  }

  /** A root that throws has nobody to tell it to. */
  #lookAtRoot(): void {
    const root = this.#root;
    if (root !== undefined && statusOf(root) === 'error') this.#end(root.sessionId, 'error');
  }

  #tell(actor: SeenActor): void {
    this.#changed.add(actor);
    if (!this.#isCalm) return;
    this.#isCalm = false;
    this.#options.changed();
  }
}

/** Which of the transitions of a step leads to a state, and whether it enters one for certain, be it the one that it leaves. */
function causeOf(transitions: readonly AnyTransitionDefinition[]): { readonly type: string; readonly enters: boolean } | undefined {
  for (const transition of transitions) {
    const { target, source, reenter } = transition;
    if (target !== undefined) return { type: typeOf(transition), enters: reenter || target.some((node) => node !== source) };
  }
  return undefined;
}
