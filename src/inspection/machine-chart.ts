import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { EventTexts, invokeName, typeOf } from './actor-event-text.js';
import { guardText } from './actor-guard.js';
import type { ChartState, ChartTransition, MachineChart } from './records.js';

/** States and transitions of a machine of xstate's, as plain data. */
export function machineChart(machine: AnyStateMachine): MachineChart {
  const nodes = withinOf(machine.root);
  const texts = new EventTexts(machine);
  return {
    id: machine.id,
    states: nodes.slice(1).map(stateOf),
    transitions: nodes.flatMap((node) => transitionsOf(node).map((transition) => described(transition, texts))),
  };
}

/** A state and all below it, parents before their children. */
function withinOf(node: AnyStateNode): readonly AnyStateNode[] {
  return [node, ...childrenOf(node).flatMap(withinOf)];
}

function childrenOf(node: AnyStateNode): readonly AnyStateNode[] {
  return Object.values(node.states);
}

function stateOf(node: AnyStateNode): ChartState {
  return {
    path: pathOf(node),
    type: node.type,
    initial: node.parent !== undefined && firstOf(node.parent).includes(node),
    invokes: node.invoke.map((invoked, index) => invokeName(node, invoked, index)),
  };
}

function pathOf({ path }: AnyStateNode): string {
  return path.join('.');
}

/** With which of its children a state begins. */
function firstOf(node: AnyStateNode): readonly AnyStateNode[] {
  return node.type === 'compound' ? node.initial.target : childrenOf(node).filter(({ type }) => type !== 'history');
}

/** Those of a delay, of actors and of finished states are among those by event. */
function transitionsOf(node: AnyStateNode): readonly AnyTransitionDefinition[] {
  return [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
}

function described(transition: AnyTransitionDefinition, texts: EventTexts): ChartTransition {
  const { source, target, guard } = transition;
  return {
    from: pathOf(source),
    to: (target ?? []).flatMap(entered).map(pathOf),
    event: texts.of(typeOf(transition)),
    ...(guard === undefined ? {} : { guard: guardText(guard) }),
  };
}

/** The root has no place of its own in a chart. */
function entered(node: AnyStateNode): readonly AnyStateNode[] {
  return node.parent === undefined ? firstOf(node) : [node];
}
