import { describe, expect, it } from '@jest/globals';
import { createActor } from 'xstate';
import { restoreMachine, type RestoreStepInput, type RestoreStepOutcome } from '../../src/machines/restore-machine.js';
import { TinkerError } from '../../src/types/errors.js';
import { factsOf, leftOf, nothingLeft, Parent, Script, settle, statesOf } from '../support/machines.js';

const well = () => Promise.resolve<RestoreStepOutcome>(undefined);

interface Steps {
  readonly readMetadata?: RestoreStepOutcome;
  readonly createModel?: RestoreStepOutcome;
  readonly load?: RestoreStepOutcome;
  readonly rollBack?: RestoreStepOutcome;
}

async function run(failures: Steps, byLoading = false) {
  const parent = new Parent();
  const taken: string[] = [];
  const step = (name: keyof Steps) => new Script<RestoreStepOutcome, RestoreStepInput>(failures[name] ?? well());
  const scripts = { readMetadata: step('readMetadata'), createModel: step('createModel'), load: step('load'), rollBack: step('rollBack') };
  const machine = restoreMachine.provide({
    actors: {
      readMetadata: scripts.readMetadata.actor,
      createModel: scripts.createModel.actor,
      load: scripts.load.actor,
      rollBack: scripts.rollBack.actor,
    },
  });
  const actor = createActor(machine, { input: { key: 'k', byLoading }, parent: parent.ref });
  const states = statesOf(actor);
  actor.start();
  await settle();
  for (const [name, { inputs }] of Object.entries(scripts)) {
    expect(inputs).toEqual(inputs.map(() => ({ key: 'k' })));
    if (inputs.length > 0) taken.push(name);
  }
  return { parent, states, taken, left: leftOf(actor, parent.clock) };
}

const cause = new TinkerError('requestFailed', 'no such thing', { category: 'user', status: 404 });

describe('restoreMachine', () => {
  it('reads the metadata, creates the model, loads', async () => {
    const restore = await run({});
    expect(restore.states).toEqual(['readingMetadata', 'creatingModel', 'loading', 'ready']);
    expect(restore.taken).toEqual(['readMetadata', 'createModel', 'load']);
    expect(restore.parent.events).toEqual([{ type: 'restore.settled', key: 'k', error: undefined }]);
    expect(restore.left).toEqual(nothingLeft);
  });

  it('only loads where the server creates the model by loading', async () => {
    const restore = await run({}, true);
    expect(restore.states).toEqual(['loading', 'ready']);
    expect(restore.taken).toEqual(['load']);
    expect(restore.parent.events).toEqual([{ type: 'restore.settled', key: 'k', error: undefined }]);
    expect(restore.left).toEqual(nothingLeft);
  });

  it.each([
    ['readMetadata', 'readingMetadata', 'reading what the checkpoint holds', ['readingMetadata']],
    ['createModel', 'creatingModel', 'creating the model', ['readingMetadata', 'creatingModel']],
    ['load', 'loading', 'loading the checkpoint', ['readingMetadata', 'creatingModel', 'loading']],
  ])('rolls back when %s fails, and names the step', async (name, step, inWords, states) => {
    const restore = await run({ [name]: cause });
    expect(restore.states).toEqual([...states, 'rollingBack', 'failed']);
    expect(restore.taken.at(-1)).toBe('rollBack');
    expect(factsOf(restore.parent.events)).toEqual([
      {
        type: 'restore.settled',
        key: 'k',
        error: {
          kind: 'restoreFailed',
          message: `The training client could not be restored: ${inWords} failed: no such thing. Everything made for it was taken back.`,
          retriable: false,
          category: 'user',
          status: 404,
          step,
        },
      },
    ]);
    expect(restore.parent.events).toMatchObject([{ error: { cause } }]);
    expect(restore.left).toEqual(nothingLeft);
  });

  it('rolls back when creating by loading fails', async () => {
    const restore = await run({ load: cause }, true);
    expect(restore.states).toEqual(['loading', 'rollingBack', 'failed']);
    expect(restore.parent.events).toMatchObject([{ error: { kind: 'restoreFailed', step: 'loading' } }]);
  });

  it('says what is left when rolling back fails too', async () => {
    const restore = await run({ createModel: cause, rollBack: new TinkerError('connection', 'no answer') });
    expect(restore.states.at(-1)).toBe('failed');
    expect(factsOf(restore.parent.events)).toMatchObject([
      {
        error: {
          step: 'creatingModel',
          message:
            'The training client could not be restored: creating the model failed: no such thing. ' +
            'Taking back what was made for it failed too, so the model may stay until the session ends: no answer',
        },
      },
    ]);
    expect(restore.left).toEqual(nothingLeft);
  });

  it('says what is missing without its actors', async () => {
    const errors: unknown[] = [];
    const actor = createActor(restoreMachine, { input: { key: 'k', byLoading: false }, parent: new Parent().ref });
    actor.subscribe({ error: (error) => errors.push(error) });
    actor.start();
    await settle();
    expect(errors).toEqual([new Error('the restore steps are not provided')]);
  });
});
