import { describe, expect, it } from '@jest/globals';
import type { AnyEventObject, SnapshotFrom } from 'xstate';
import { samplingGateMachine, type Charge, type SamplingGateInput } from '../../src/machines/sampling-gate-machine.js';
import { isRecord } from '../../src/types/check.js';
import { explore, held, type Model, type Step } from './explore.js';
import { ofType } from './outcomes.js';

type Snapshot = SnapshotFrom<typeof samplingGateMachine>;

/** Who came, who waits, who is inside. */
interface World {
  readonly came: number;
  readonly waiting: readonly string[];
  readonly inside: Readonly<Record<string, Charge>>;
  /** How often the server pushed back. */
  readonly pushed: number;
}

const bytes = 60;
const room = 100;
const mostPushed = 2;
const names = ['a', 'b', 'c', 'd'];
const push = (type: string, pushed: number): AnyEventObject => ({ type, at: 1_000 * (pushed + 1), pauseMs: 2_500 - 2_000 * pushed });

function step(given: World, { before, event, after, emitted, waits }: Step<Snapshot>): World {
  let world = given;
  if (event?.type === 'dispatch.wanted') world = { ...world, came: world.came + 1, waiting: [...world.waiting, String(event['key'])] };
  if (event?.type === 'dispatch.withdrawn') world = { ...world, waiting: world.waiting.filter((key) => key !== event['key']) };
  if (event?.type === 'dispatch.left') {
    const left = Object.entries(world.inside).find(([, charge]) => charge === event['charge']);
    world = { ...world, inside: Object.fromEntries(Object.entries(world.inside).filter((entry) => entry[0] !== left?.[0])) };
  }
  if (event?.type === 'dispatch.pushedBack' || event?.type === 'dispatch.billed') world = { ...world, pushed: world.pushed + 1 };
  const isShut = (value: unknown): boolean => value === 'backingOff' || value === 'billingPaused';
  for (const { key, charge } of ofType(emitted, 'dispatch.admitted')) {
    held(!isShut(after.value), 'somebody comes in while nobody may');
    held(world.waiting[0] === key, `${String(key)} overtakes ${String(world.waiting[0])}`);
    held(balanceOf(world) >= 0, 'somebody comes in where there is no room');
    if (!isRecord(charge)) throw new Error('it charges nothing');
    const paid: Charge = { bytes: Number(charge['bytes']), throttled: charge['throttled'] === true };
    held(paid.bytes === bytes * (paid.throttled ? 20 : 1), 'it charges something else');
    world = { ...world, waiting: world.waiting.slice(1), inside: { ...world.inside, [String(key)]: paid } };
  }
  const isOver = ofType(emitted, 'pause.over').length > 0;
  held(isOver === (isShut(before?.value) && after.value === 'throttled'), 'it does not tell that a pause is over');
  for (const { type, ms } of waits) {
    if (type.includes('.pause.')) held(ms === after.context.until - after.context.pushedBackAt && ms > 0, 'it pauses for another time');
  }
  held((before?.context.until ?? 0) <= after.context.until, 'a pause that was asked for is cut short');
  return world;
}

function balanceOf({ inside }: World): number {
  return Object.values(inside).reduce((left, charge) => left - charge.bytes, room);
}

const model: Model<Snapshot, SamplingGateInput, World> = {
  machine: samplingGateMachine,
  input: { dispatchBytes: room },
  world: { came: 0, waiting: [], inside: {}, pushed: 0 },
  events: ({ world: { came, waiting, inside, pushed } }) => ({
    'dispatch.wanted': names.slice(came, came + 1).map((key) => ({ type: 'dispatch.wanted', key, bytes })),
    'dispatch.withdrawn': waiting.map((key) => ({ type: 'dispatch.withdrawn', key })),
    'dispatch.left': Object.values(inside).map((charge) => ({ type: 'dispatch.left', charge, accepted: true })),
    'dispatch.pushedBack': pushed < mostPushed ? [push('dispatch.pushedBack', pushed)] : [],
    'dispatch.billed': pushed < mostPushed ? [push('dispatch.billed', pushed)] : [],
  }),
  step,
  check: ({ snapshot: { value, context }, timers, world }) => {
    held(context.balance === balanceOf(world), 'it counts other bytes');
    held(context.inside === Object.keys(world.inside).length, 'it counts others inside');
    held(context.insideThrottled === Object.values(world.inside).filter(({ throttled }) => throttled).length, 'it counts others as throttled');
    held(context.waiting.map(({ key }) => key).join() === world.waiting.join(), 'others wait');
    held((value === 'open') === (timers.length === 0), 'it never opens again');
    if (value === 'open' || value === 'throttled') held(world.waiting.length === 0 || context.balance < 0, 'somebody waits where there is room');
  },
  key: ({ context: { until, pushedBackAt, billingSince } }) => [until, pushedBackAt, billingSince],
  isEnd: ({ snapshot: { value }, world }) => value === 'open' && world.waiting.length === 0 && Object.keys(world.inside).length === 0,
};

describe('the gate of all samples, whoever comes and whatever the server says', () => {
  it('lets in one after the other while there is room, nobody during a pause, and forgets nobody', () => {
    const { states, values } = explore(model);
    expect(values).toEqual(['backingOff', 'billingPaused', 'open', 'throttled']);
    expect(states).toBeGreaterThan(300);
  });
});
