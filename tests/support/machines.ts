import { createActor, fromPromise, fromTransition, type AnyActorRef, type EventObject, type Subscribable } from 'xstate';
import { TinkerError, type TinkerErrorKind } from '../../src/types/errors.js';
import { CountingClock } from './counting-clock.js';

/** The parent of a machine under test: it owns the clock and keeps what its child tells it. */
export class Parent {
  readonly clock = new CountingClock();
  readonly events: EventObject[] = [];
  readonly ref: AnyActorRef;

  constructor() {
    const recorder = fromTransition((_: undefined, event: EventObject) => {
      // What xstate itself says of a child that has ended is no news.
      if (!event.type.startsWith('xstate.')) this.events.push(event);
      return undefined;
    }, undefined);
    this.ref = createActor(recorder, { clock: this.clock }).start();
  }

  /** Lets exactly this much time pass, and then everything run that does not wait for the clock. */
  async pass(ms: number): Promise<void> {
    this.clock.increment(ms);
    await settle();
  }
}

/** Lets everything run that does not wait for the clock. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Never settles. */
export function never<A>(): Promise<A> {
  return new Promise<A>(() => undefined);
}

/** An actor whose outcomes are scripted in order; what it was given is kept. */
export class Script<Outcome, Input> {
  readonly inputs: Input[] = [];
  readonly signals: AbortSignal[] = [];
  readonly #outcomes: (Outcome | Promise<Outcome>)[];

  constructor(...outcomes: (Outcome | Promise<Outcome>)[]) {
    this.#outcomes = outcomes;
  }

  /** The actor; it never answers once the script is used up. */
  readonly actor = fromPromise<Outcome, Input>(({ input, signal }) => {
    this.inputs.push(input);
    this.signals.push(signal);
    const next = this.#outcomes.shift();
    return next === undefined ? never<Outcome>() : Promise.resolve(next);
  });

  /** Outcomes that nobody has asked for. */
  get unused(): number {
    return this.#outcomes.length;
  }
}

/** An actor that is answered by hand; what it was given is kept. */
export class Desk<Outcome, Input extends object> {
  readonly inputs: Input[] = [];
  readonly #waiting: { readonly input: Input; readonly signal: AbortSignal; readonly resolve: (outcome: Outcome) => void }[] = [];

  readonly actor = fromPromise<Outcome, Input>(({ input, signal }) => {
    this.inputs.push(input);
    return new Promise<Outcome>((resolve) => this.#waiting.push({ input, signal, resolve }));
  });

  /** What waits for an answer and has not been given up. */
  get waiting(): readonly Input[] {
    return this.#waiting.filter(({ signal }) => !signal.aborted).map(({ input }) => input);
  }

  /** Answers the oldest that waits and has these fields, given up or not, and lets everything run. */
  async answer(fields: Partial<Input>, outcome: Outcome): Promise<void> {
    const index = this.#waiting.findIndex(({ input }) => JSON.stringify({ ...input, ...fields }) === JSON.stringify(input));
    const [found] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (found === undefined) throw new Error(`nothing waits with ${JSON.stringify(fields)}`);
    found.resolve(outcome);
    await settle();
  }
}

/** The values of all states that a machine passes, repetitions left out. Call it before the start. */
export function statesOf(actor: Subscribable<{ readonly value: unknown }>): unknown[] {
  const states: unknown[] = [];
  actor.subscribe(({ value }) => {
    if (JSON.stringify(value) !== JSON.stringify(states.at(-1))) states.push(value);
  });
  return states;
}

/** What is left running of a machine and on its clock; for `toEqual(nothingLeft)`. */
export function leftOf(
  actor: { getSnapshot(): { readonly status: string; readonly children: object } },
  clock: CountingClock,
): { readonly status: string; readonly children: readonly string[]; readonly timers: number } {
  const { status, children } = actor.getSnapshot();
  return { status, children: Object.keys(children), timers: clock.pending };
}

export const nothingLeft = { status: 'done', children: [], timers: 0 };

/** The same of a machine that rests in its last state until its parent stops it. */
export const nothingUnderway = { ...nothingLeft, status: 'active' };

/** An error as it comes from the transport. */
export function errorOf(kind: TinkerErrorKind, status?: number, message = `${kind} ${status ?? ''}`.trim()): TinkerError {
  return new TinkerError(kind, message, status === undefined ? {} : { status });
}

/** All facts of an error, as plain data; the cause is apart. */
export function factsOf(event: unknown): unknown {
  return JSON.parse(JSON.stringify(event));
}
