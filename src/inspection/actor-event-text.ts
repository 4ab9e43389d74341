import type { AnyStateMachine, AnyStateNode } from 'xstate';

/** Events of a machine as people read them; its chart and its actors' records name them alike. */
export class EventTexts {
  readonly #known = new Map([['', 'always']]);

  constructor(machine: AnyStateMachine) {
    this.#learn(machine.root);
  }

  /** `after heartbeat` for `xstate.after.heartbeat.session.alive`, `poll done` for `xstate.done.actor.poll`; an event of the machine's own stays as it is. */
  of(type: string): string {
    return this.#known.get(type) ?? ofActor(type);
  }

  #learn(node: AnyStateNode): void {
    for (const { eventType, delay } of delaysOf(node)) this.#known.set(eventType, typeof delay === 'number' ? `after ${delay} ms` : `after ${String(delay)}`);
    this.#known.set(`xstate.done.state.${node.id}`, `${node.key} done`);
    for (const [index, invoked] of node.invoke.entries()) {
      for (const type of ['xstate.done.actor.', 'xstate.error.actor.', 'xstate.snapshot.']) {
        this.#known.set(`${type}${invoked.id}`, ofActor(`${type}${invokeName(node, invoked, index)}`));
      }
    }
    for (const child of Object.values(node.states)) this.#learn(child);
  }
}

function delaysOf(node: AnyStateNode): readonly { readonly eventType: string; readonly delay: unknown }[] {
  return node.after;
}

/** By what event a transition is taken. */
export function typeOf({ eventType }: { readonly eventType: string }): string {
  return eventType;
}

/** Name of the actor that a state invokes: its id, or else its source, where those were given. */
export function invokeName(node: AnyStateNode, { id, src }: Invoked, index: number): string {
  if (id !== `${index}.${node.id}`) return id;
  return typeof src === 'string' && !src.startsWith('xstate.invoke.') ? src : 'actor';
}

type Invoked = AnyStateNode['invoke'][number];

function ofActor(type: string): string {
  return type
    .replace(/^xstate\.done\.actor\.(.+)$/, '$1 done')
    .replace(/^xstate\.error\.actor\.(.+)$/, '$1 failed')
    .replace(/^xstate\.snapshot\.(.+)$/, '$1 changed');
}
