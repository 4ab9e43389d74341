import { describe, expect, it } from '@jest/globals';
import type { AnyEventObject, SnapshotFrom } from 'xstate';
import { samplingMachine, type SamplingInput } from '../../src/machines/sampling-machine.js';
import { explore, held, type Model, type Step } from './explore.js';
import { countedEnds, ofType } from './outcomes.js';

type Snapshot = SnapshotFrom<typeof samplingMachine>;

/** The calls of a sampling client. */
interface World {
  readonly made: number;
  readonly ended: number;
  readonly withdrawn: number;
  readonly admitted: number;
  readonly ends: number;
}

const mostMade = 3;
const atOnce = 2;
const ended = ['done', 'failed', 'cancelled'].map((how): AnyEventObject => ({ type: 'call.ended', how, error: undefined, at: 20 }));

function step(given: World, { event, emitted, told }: Step<Snapshot>): World {
  const counted = (type: string, count: number) => (event?.type === type ? count + 1 : count);
  const admitted = given.admitted + ofType(emitted, 'call.admitted').length;
  const world = {
    made: counted('call.made', given.made),
    ended: counted('call.ended', given.ended),
    withdrawn: counted('call.withdrawn', given.withdrawn),
    admitted,
    ends: countedEnds(given.ends, told, 'sampling.stopped'),
  };
  const isStuck = ofType(emitted, 'calls.stuck').length > 0;
  held(!isStuck || world.made > world.ended + world.withdrawn, 'nothing is stuck where nothing is open');
  return world;
}

const model: Model<Snapshot, SamplingInput, World> = {
  machine: samplingMachine,
  input: { actorId: 'sampling-1', samplingSessionId: 's', maxConcurrent: atOnce, progressTimeoutMs: 1_000 },
  world: { made: 0, ended: 0, withdrawn: 0, admitted: 0, ends: 0 },
  events: ({ snapshot: { context } }) => ({
    'call.made': [{ type: 'call.made', at: 10 }],
    'call.withdrawn': context.waiting > 0 ? [{ type: 'call.withdrawn' }] : [],
    'call.resubmitted': context.inFlight > 0 && context.resubmitted === 0 ? [{ type: 'call.resubmitted' }] : [],
    'call.ended': context.inFlight > 0 ? ended : [],
    'client.stopped': [{ type: 'client.stopped' }],
  }),
  step,
  check: ({ snapshot: { value, context, status }, timers, world }) => {
    const open = world.made - world.ended - world.withdrawn;
    const going = world.admitted - world.ended;
    held(status === 'done' || context.inFlight + context.waiting === open, 'it counts other calls');
    held(status === 'done' || context.inFlight === going, 'it lets others go on than it counts');
    held(going <= atOnce, 'too many go on at once');
    held(status === 'done' || going === Math.min(open, atOnce), 'one waits where there is room');
    held(value === 'stopped' || (value === 'busy') === open > 0, 'it is busy with nothing, or idle with something');
    held((value === 'busy') === timers.length > 0, 'it does not watch what goes on');
    const { done, failed, cancelled } = context.counters;
    held(done + failed + cancelled === world.ended + world.withdrawn, 'it counts other ends');
    held((value === 'stopped') === (world.ends === 1), 'it tells that it has ended');
  },
  key: ({ context: { counters, resubmitted, progressAt, watchedAt } }) => [counters, resubmitted, progressAt, watchedAt],
  isEnd: ({ snapshot: { value } }) => value === 'stopped' || value === 'idle',
  // Progress is watched anew for ever where there is none.
  isFar: ({ snapshot: { context }, world }) => world.made > mostMade || context.watchedAt > 2_000,
  isNoWayOut: ({ type }) => type === 'client.stopped',
};

describe('a sampling client, whatever becomes of its calls', () => {
  it('lets no more go on than it may, and leaves none waiting where there is room', () => {
    const { values } = explore(model);
    expect(values).toEqual(['busy', 'idle', 'stopped']);
  });
});
