import { describe, expect, it } from '@jest/globals';
import { rejection } from '../support/clients.js';
import { openTraining } from '../support/open-training.js';
import { held, json, type Handler, type ScriptedServer } from '../support/scripted-server.js';
import { settle } from '../support/simulated.js';

const failing = (server: ScriptedServer): Handler => (request) => server.accept(request, { error: 'the gradient is no number', category: 'user' });

describe('an optimizer step that failed on the server', () => {
  it('is not counted by a save that is called once that is known', async () => {
    const { server, training } = await openTraining();
    server.next('optim_step', failing(server));
    expect(await rejection(training.optimStep())).toMatchObject({ kind: 'requestFailed', seqId: 1 });
    expect(training.getSnapshot().optimSteps).toBe(0);
    await training.optimStep();
    expect(await training.saveState('a')).toMatchObject({ seqId: 3, optimStepsBefore: 1 });
  });

  it('is not counted by saves that were sent before that was known', async () => {
    const { server, training } = await openTraining();
    server.next('optim_step', failing(server));
    const step = training.optimStep();
    const saves = [training.saveState('a'), training.saveWeightsForSampler('b')];
    expect(await rejection(step)).toMatchObject({ kind: 'requestFailed' });
    for (const save of saves) expect(await save).toMatchObject({ optimStepsBefore: 0 });
    expect(training.getSnapshot().lastCheckpoint).toMatchObject({ optimStepsBefore: 0 });
  });

  it('still counts for saves that went before it', async () => {
    const { server, training } = await openTraining();
    const answer = held();
    await training.optimStep();
    server.next('retrieve_future', answer.handler);
    const before = training.saveState('a');
    await settle();
    server.next('optim_step', failing(server));
    expect(await rejection(training.optimStep())).toMatchObject({ kind: 'requestFailed' });
    answer.release(json({ path: `tinker://${training.modelId}/weights/a` }));
    expect(await before).toMatchObject({ optimStepsBefore: 1 });
  });

  it('still counts where only its result is lost', async () => {
    const { server, training } = await openTraining();
    server.next('retrieve_future', () => json({ detail: 'Promise expired' }, 410));
    expect(await rejection(training.optimStep())).toMatchObject({ kind: 'promiseExpired' });
    expect(await training.saveState('a')).toMatchObject({ optimStepsBefore: 1 });
  });
});
