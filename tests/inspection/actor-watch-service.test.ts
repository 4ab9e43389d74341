import { beforeAll, describe, expect, it } from '@jest/globals';
import { isMachineSnapshot, pathToStateValue, type ActorRefLike, type AnyMachineSnapshot } from 'xstate';
import { ActorWatch } from '../../src/inspection/actor-watch.js';
import type { ActorRecord, MachineChart } from '../../src/inspection/records.js';
import { machineIds, runAllMachines, secrets } from './all-machines.js';

const watch = new ActorWatch({ service: 's', wallNow: () => 0, changed: () => undefined });
const started = new Map<string, ActorRefLike>();
/** The newest record of each actor, and all that was told of each. */
const newest = new Map<string, ActorRecord>();
const told: ActorRecord[] = [];
const charts = new Map<string, MachineChart>();
const disagreements: string[] = [];

function take(): void {
  for (const record of watch.changes()) {
    if (record.type === 'chart') {
      expect(charts.has(record.key)).toBe(false);
      charts.set(record.key, record.chart);
    } else {
      newest.set(record.key, record);
      told.push(record);
    }
  }
}

function snapshotOf(actor: ActorRefLike): AnyMachineSnapshot | undefined {
  const snapshot: unknown = actor.getSnapshot();
  return isMachineSnapshot(snapshot) ? snapshot : undefined;
}

/** Holds what was told against what the actors themselves say. */
function compare(): void {
  take();
  for (const [key, actor] of started) {
    const snapshot = snapshotOf(actor);
    const record = newest.get(key);
    if (snapshot === undefined || (snapshot.status !== 'active' && record === undefined)) continue;
    const leaves = snapshot._nodes.filter(({ type }) => type === 'atomic' || type === 'final').length;
    const agrees = record?.status === snapshot.status && record.states.length === leaves && record.states.every((path) => snapshot.matches(pathToStateValue(path.split('.'))));
    if (!agrees) disagreements.push(`${key} ${snapshot.machine.id}: ${JSON.stringify(snapshot.value)}, told ${JSON.stringify(record)}`);
  }
}

const isWithin = (path: string, outer: string) => outer === '' || path === outer || path.startsWith(`${outer}.`);

beforeAll(async () => {
  await runAllMachines((event) => {
    if (event.type === '@xstate.event' && event.event.type === 'xstate.init') started.set(event.actorRef.sessionId, event.actorRef);
    watch.next(event);
    // Most requests would begin and end between two looks.
    if (event.type === '@xstate.snapshot') take();
  }, compare);
});

describe('ActorWatch, of a service', () => {
  it('gives the charts of all machines', () => {
    expect([...charts.keys()].sort()).toEqual(machineIds);
  });

  it('agrees with the snapshots of all actors at any time', () => {
    expect(disagreements).toEqual([]);
    expect([...new Set([...newest.values()].map(({ machine }) => machine))].sort()).toEqual(machineIds);
  });

  it('tells of transitions of the charts only', () => {
    const taken = told.flatMap(({ machine, recent }) => recent.map((transition) => ({ machine, ...transition })));
    const unknown = taken.filter(({ machine, event, from, to }) => {
      const { states = [], transitions = [] } = charts.get(machine) ?? {};
      const areStates = [...from, ...to].every((path) => states.some((state) => state.path === path));
      const isTransition = transitions.some(
        (known) => known.event === event && from.some((path) => isWithin(path, known.from)) && known.to.some((goal) => to.some((path) => isWithin(path, goal))),
      );
      return !areStates || !isTransition;
    });
    expect(unknown).toEqual([]);
    const names = new Set(taken.map(({ machine, event }) => `${machine}: ${event}`));
    for (const name of ['request: attempt done', 'future: poll done', 'request: after pause', 'training: secondPass done', 'training: always', 'session: after heartbeat', 'restore: load done', 'samplingGate: dispatch.pushedBack', 'training: queue.skipped']) {
      expect(names).toContain(name);
    }
  });

  it('knows the parent of every actor but the root', () => {
    const orphans = told.filter(({ parent = '' }) => !newest.has(parent));
    expect([...new Set(orphans.map(({ machine }) => machine))]).toEqual(['service']);
  });

  it('has told the end of all, and keeps none', () => {
    expect([...newest.values()].filter(({ status }) => status === 'active')).toEqual([]);
    expect(watch.size).toBe(0);
    expect(watch.changes()).toEqual([]);
  });

  it('holds names only', () => {
    const text = JSON.stringify([told, [...charts]]);
    expect(text).not.toContain(secrets.key);
    for (const token of secrets.tokens) expect(text).not.toContain(String(token));
  });
});
