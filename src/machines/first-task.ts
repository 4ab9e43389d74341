import type { ActorLogic, ActorRef, AnyActorRef, AnyEventObject, EventObject, Snapshot } from 'xstate';
import type { Clock } from './environment.js';
import { Stop, type StopSignal } from '../types/stop.js';

/** The task with which a machine begins: what it invokes in its first state, and for how long it waits there. */
export interface FirstTask<Input, Context, Outcome extends object> {
  readonly state: string;
  /** The id under which the machine invokes it. */
  readonly id: string;
  /** The context in that state. */
  readonly context: (input: Input) => Context;
  /** Never rejects. */
  readonly run: (context: Context, signal: StopSignal) => Promise<Outcome>;
  readonly limitMs: (context: Context) => number;
  /** What the machine makes of a task that takes longer. */
  readonly timedOut: (context: Context) => Outcome;
  /** Where the machine ends with the best of outcomes; undefined for any other, of which it decides itself. */
  readonly end: (context: Context, outcome: Outcome) => TaskEnd<Context> | undefined;
}

export interface TaskEnd<Context> {
  readonly state: string;
  readonly context: Context;
  /** What the parent hears. */
  readonly told: EventObject;
}

type State = Snapshot<unknown> & { readonly context: unknown };

/** A machine that can be put into a state. */
interface Startable<S extends State, Input> extends ActorLogic<S, AnyEventObject, Input> {
  resolveState(config: { readonly value: string; readonly context: S['context'] }): S;
}

const stopped = 'xstate.stop';

/**
 * A machine whose first task runs beside it instead of as an actor of its own. Most requests are answered
 * at the first attempt, and most results are there at the first poll: what xstate does to enter and leave a
 * state, to start and stop an actor and to schedule a time limit would cost more than all else that we do
 * for them. So the machine is put into the states that it would go through. Whatever else happens it hears from the
 * task as from its actor, and everything goes the machine's own way.
 */
export function withFirstTask<S extends State, Input, Outcome extends object>(
  machine: Startable<S, Input>,
  first: FirstTask<Input, S['context'], Outcome>,
  clock: Clock,
): ActorLogic<S, AnyEventObject, Input> {
  const ended = `xstate.done.actor.${first.id}`;
  const tasks = new WeakMap<AnyActorRef, RunningTask<Outcome>>();
  const passed = new Map<string, S>();
  const inState = (value: string, context: S['context']): S => {
    const state = passed.get(value) ?? machine.resolveState({ value, context });
    passed.set(value, state);
    return { ...state, context };
  };
  const start = (self: ActorRef<S, AnyEventObject>, context: S['context']) => {
    const controller = new Stop();
    const finish = (output: Outcome) => {
      if (!tasks.has(self) || task.outcome !== undefined) return;
      task.outcome = output;
      clock.clearTimeout(task.timer);
      self.send({ type: ended, output, actorId: first.id });
    };
    const giveUp = () => {
      finish(first.timedOut(context));
      controller.abort();
    };
    const task: RunningTask<Outcome> = { controller, timer: clock.setTimeout(giveUp, first.limitMs(context)), outcome: undefined };
    tasks.set(self, task);
    void first.run(context, controller).then(finish);
  };
  return {
    config: machine.config,
    getInitialSnapshot: (_, input) => inState(first.state, first.context(input)),
    start: ({ context }, { self }) => start(self, context),
    transition: (snapshot, event, scope) => {
      const { self } = scope;
      const task = tasks.get(self);
      if (task === undefined) return machine.transition(snapshot, event, scope);
      if (event.type === stopped) {
        tasks.delete(self);
        if (task.outcome === undefined) {
          clock.clearTimeout(task.timer);
          task.controller.abort();
        }
        return { ...snapshot, status: 'stopped' };
      }
      if (event.type !== ended || task.outcome === undefined) return machine.transition(snapshot, event, scope);
      const end = first.end(snapshot.context, task.outcome);
      if (end === undefined) {
        tasks.delete(self);
        return machine.transition(snapshot, event, scope);
      }
      scope.defer(() => self._parent?.send(end.told));
      return inState(end.state, end.context);
    },
    getPersistedSnapshot: (snapshot, options) => machine.getPersistedSnapshot(snapshot, options),
  };
}

interface RunningTask<Outcome> {
  readonly controller: Stop;
  readonly timer: unknown;
  /** Undefined while it runs. */
  outcome: Outcome | undefined;
}
