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
    for (const [index, { id }] of node.invoke.entries()) {
      for (const kind of ['done.actor', 'error.actor', 'snapshot']) {
        this.#known.set(`xstate.${kind}.${id}`, ofActor(`xstate.${kind}.${invokeName(node, index)}`));
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

/** Name of the actor that a state invokes: its id, or else its source, where those were named. */
export function invokeName(node: AnyStateNode, index: number): string {
  const { id = '', src = '' } = node.invoke[index] ?? {};
  if (id !== `${index}.${node.id}`) return id;
  return typeof src === 'string' && !src.startsWith('xstate.invoke.') ? src : 'actor';
}

function ofActor(type: string): string {
  const [, kind = '', id = ''] = /^xstate\.(done\.actor|error\.actor|snapshot)\.(.+)$/.exec(type) ?? [];
  return kind === '' ? type : `${id} ${inWords[kind] ?? ''}`;
}

const inWords: Readonly<Record<string, string>> = { 'done.actor': 'done', 'error.actor': 'failed', snapshot: 'changed' };
