import { describe, expect, it } from '@jest/globals';
import type { SnapshotFrom } from 'xstate';
import { restoreMachine, type RestoreInput } from '../../src/machines/restore-machine.js';
import { TinkerError } from '../../src/types/errors.js';
import { explore, held, type Explored, type Model, type Step } from './explore.js';
import { countedEnds, doneOf, failure, ofType } from './outcomes.js';

type Snapshot = SnapshotFrom<typeof restoreMachine>;

/** Steps that were taken, in order, and the one that failed. */
interface World {
  readonly taken: readonly string[];
  readonly failed: string | undefined;
  readonly ends: number;
}

const names: Readonly<Record<string, string>> = { readMetadata: 'readingMetadata', createModel: 'creatingModel', load: 'loading' };

function step(given: World, { event, told, spawned, after }: Step<Snapshot>, { byLoading }: RestoreInput): World {
  let world = given;
  const ended = event?.type.replace('xstate.done.actor.', '');
  if (ended !== undefined && ended !== 'rollBack' && event?.['output'] instanceof TinkerError) world = { ...world, failed: ended };
  for (const { id } of spawned) {
    held((id === 'rollBack') === (world.failed !== undefined), 'it goes on after a failure, or takes back what went well');
    world = { ...world, taken: [...world.taken, id] };
  }
  const steps = byLoading ? ['load'] : ['readMetadata', 'createModel', 'load'];
  const forward = world.taken.filter((id) => id !== 'rollBack');
  held(forward.join() === steps.slice(0, forward.length).join(), `it takes the steps ${world.taken.join()}`);
  for (const { error } of ofType(told, 'restore.settled')) {
    held((after.value === 'ready') === (error === undefined), 'it tells another end than it has come to');
    if (error === undefined) held(forward.length === steps.length && world.failed === undefined, 'it is ready before it is done');
    else {
      held(error instanceof TinkerError && error.kind === 'restoreFailed' && error.step === names[String(world.failed)], 'its error names another step');
      held(world.taken.at(-1) === 'rollBack', 'it fails without taking back');
    }
  }
  return { ...world, ends: countedEnds(given.ends, told, 'restore.settled') };
}

function exploreRestore(byLoading: boolean): Explored {
  const input: RestoreInput = { key: 'k', byLoading };
  const outcomes = (id: string) => [undefined, failure('http', 500)].map((output) => doneOf(id, output));
  const model: Model<Snapshot, RestoreInput, World> = {
    machine: restoreMachine,
    input,
    world: { taken: [], failed: undefined, ends: 0 },
    events: () => Object.fromEntries(['readMetadata', 'createModel', 'load', 'rollBack'].map((id) => [`xstate.done.actor.${id}`, outcomes(id)])),
    step: (world, taken) => step(world, taken, input),
    check: ({ snapshot: { status }, alive, world }) => {
      held((status === 'done') === (world.ends === 1), 'it tells its end when it has come to it');
      held(alive.length === (status === 'done' ? 0 : 1), 'it takes one step at a time');
    },
    key: () => undefined,
    isEnd: ({ snapshot: { status } }) => status === 'done',
  };
  return explore(model);
}

describe('a restore, whatever its steps come to', () => {
  it('takes one step after the other, and everything back where one fails', () => {
    expect(exploreRestore(false).values).toEqual(['creatingModel', 'failed', 'loading', 'readingMetadata', 'ready', 'rollingBack']);
  });

  it('takes one step where the server creates by loading', () => {
    expect(exploreRestore(true).values).toEqual(['failed', 'loading', 'ready', 'rollingBack']);
  });
});
