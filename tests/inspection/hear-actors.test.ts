import { describe, expect, it } from '@jest/globals';
import { createActor, createMachine, type InspectionEvent } from 'xstate';
import { hearActors } from '../../src/inspection/hear-actors.js';

const machine = createMachine({ id: 'lamp', initial: 'off', states: { off: { on: { press: 'on' } }, on: {} } });

describe('hearActors', () => {
  it('hears what xstate\'s own observers hear, and takes nothing from them', () => {
    const [heard, observed]: [string[], string[]] = [[], []];
    const name = (event: InspectionEvent) => ('event' in event ? `${event.type} ${event.event.type}` : event.type);
    const actor = createActor(machine);
    actor.system.inspect((event) => observed.push(name(event)));
    hearActors(actor.system, (event) => heard.push(name(event)));
    actor.start();
    actor.send({ type: 'press' });
    expect(heard).toContain('@xstate.snapshot press');
    expect(heard).toEqual(observed);
  });

  it('makes xstate copy nothing where nobody else observes', () => {
    const events: InspectionEvent[] = [];
    const actor = createActor(machine);
    hearActors(actor.system, (event) => events.push(event));
    actor.start();
    expect(events.length).toBeGreaterThan(0);
    // The copies that observers get name their root.
    expect(events.filter((event) => 'rootId' in event)).toEqual([]);
  });

  it('observes a system that tells its events elsewhere', () => {
    const observers: ((event: InspectionEvent) => void)[] = [];
    const next = () => undefined;
    hearActors({ inspect: (observer) => observers.push(observer) }, next);
    expect(observers).toEqual([next]);
  });
});
