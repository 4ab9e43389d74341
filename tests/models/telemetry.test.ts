import { describe, expect, it } from '@jest/globals';
import type { SnapshotFrom } from 'xstate';
import { telemetryMachine } from '../../src/machines/telemetry-machine.js';
import { isRecord } from '../../src/types/check.js';
import { explore, held, type Model, type Step } from './explore.js';
import { doneOf } from './outcomes.js';

type Snapshot = SnapshotFrom<typeof telemetryMachine>;

/** Attempts in a row that failed, of the batch that is being sent. */
interface World {
  readonly failures: number;
  readonly isOff: boolean;
}

function step(given: World, { event, spawned, waits }: Step<Snapshot>): World {
  let world = given;
  const sent = event?.type === 'xstate.done.actor.send' && isRecord(event['output']) ? event['output']['kind'] : undefined;
  const isLate = event?.type.startsWith('xstate.after.sendTimeout') === true;
  if (sent === 'notOffered') world = { ...world, isOff: true };
  if (sent === 'accepted' || sent === 'refused') world = { ...world, failures: 0 };
  if (sent === 'failed' || isLate) world = { ...world, failures: world.failures === 3 ? 0 : world.failures + 1 };
  for (const { input } of spawned) {
    held(!world.isOff, 'it sends where nothing is taken');
    held(isRecord(input) && input['isLast'] === (world.failures === 3), 'it gives a batch up too soon, or never');
  }
  for (const { type, ms } of waits) {
    if (type.startsWith('xstate.after.pause')) held(ms === 1_000 * 2 ** (world.failures - 1), `it pauses ${ms} ms after ${world.failures} failures`);
  }
  return world;
}

const model: Model<Snapshot, undefined, World> = {
  machine: telemetryMachine,
  input: undefined,
  world: { failures: 0, isOff: false },
  events: () => ({
    'telemetry.noted': [
      { type: 'telemetry.noted', waiting: 1, urgent: false },
      { type: 'telemetry.noted', waiting: 1, urgent: true },
      { type: 'telemetry.noted', waiting: 100, urgent: false },
    ],
    'xstate.done.actor.send': [
      doneOf('send', { kind: 'accepted', waiting: 0 }),
      doneOf('send', { kind: 'accepted', waiting: 1 }),
      doneOf('send', { kind: 'refused', waiting: 0 }),
      doneOf('send', { kind: 'failed', waiting: 1 }),
      doneOf('send', { kind: 'notOffered', waiting: 0 }),
    ],
  }),
  step,
  check: ({ snapshot: { value, context }, alive, timers, world }) => {
    held((value === 'off') === world.isOff, 'it is off where nothing is taken, and only there');
    held(value !== 'sending' || timers.length === 1, 'an attempt has no limit');
    held(alive.length <= 1 && (value === 'sending') === (alive.length === 1), 'it sends one batch at a time');
    held(value === 'off' || context.waiting === 0 || alive.length + timers.length > 0, 'what waits is forgotten');
    held(value !== 'gathering' || (!context.urgent && context.waiting < 100), 'what cannot wait waits');
    held(value !== 'off' || alive.length + timers.length === 0, 'it goes on when it is off');
  },
  key: ({ context }) => context,
  isEnd: ({ snapshot: { value } }) => value === 'off' || value === 'idle',
};

describe('telemetry, whatever its server says', () => {
  it('sends one batch at a time, gives one up after four attempts, and forgets nothing that waits', () => {
    expect(explore(model).values).toEqual(['backingOff', 'gathering', 'idle', 'off', 'sending']);
  });
});
