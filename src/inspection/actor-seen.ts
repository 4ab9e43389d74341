import type { ActorRefLike, SnapshotStatus, StateValue } from 'xstate';
import type { EventTexts } from './actor-event-text.js';
import { activeStates, leftAndEntered, sameStates, type MachineState } from './actor-states.js';
import type { ActorRecord } from './records.js';

/** As xstate tells it; made into words only when it is told. */
interface Step {
  readonly cause: string;
  readonly from: StateValue;
  readonly to: StateValue;
  readonly at: number;
}

const mostSteps = 10;

/** An actor as far as its record says: what it is, where it is, and how it came there. */
export class SeenActor {
  /** Unique in the process. */
  readonly key: string;
  /** Whether a record of it has gone out. */
  told = false;
  readonly #id: string;
  readonly #parent: string | undefined;
  readonly #machine: string;
  readonly #texts: EventTexts;
  readonly #steps: Step[] = [];
  #count = 0;
  #value: StateValue;
  #since: number;
  #at: number;
  #status: SnapshotStatus = 'active';

  constructor(ref: ActorRefLike, parent: string | undefined, { machine, value }: MachineState, texts: EventTexts, at: number) {
    this.key = ref.sessionId;
    this.#id = 'id' in ref ? String(ref.id) : ref.sessionId;
    this.#parent = parent;
    this.#machine = machine.id;
    this.#texts = texts;
    this.#value = value;
    this.#since = at;
    this.#at = at;
  }

  get hasEnded(): boolean {
    return this.#status !== 'active';
  }

  isIn(value: StateValue): boolean {
    return sameStates(this.#value, value);
  }

  /** It has entered states, maybe those that it was in. */
  step(cause: string, to: StateValue, at: number): void {
    this.#steps.push({ cause, from: this.#value, to, at });
    if (this.#steps.length > mostSteps) this.#steps.shift();
    this.#count += 1;
    this.#value = to;
    this.#since = at;
    this.#at = at;
  }

  end(status: SnapshotStatus, at: number): void {
    this.#status = status;
    this.#at = at;
  }

  record(service: string): ActorRecord {
    return {
      type: 'actor',
      service,
      key: this.key,
      at: this.#at,
      id: this.#id,
      ...(this.#parent === undefined ? {} : { parent: this.#parent }),
      machine: this.#machine,
      states: activeStates(this.#value),
      since: this.#since,
      status: this.#status,
      transitions: this.#count,
      recent: this.#steps.map(({ cause, from, to, at }) => ({ event: this.#texts.of(cause), ...leftAndEntered(from, to), at })),
    };
  }
}
