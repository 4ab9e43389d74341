import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { crashTrainer, journals, type CrashTrainer, type Loop } from '../support/crash-trainer.js';
import { rejection } from '../support/clients.js';
import { SharedFiles, type BoundaryName } from '../support/killable.js';
import { batch } from '../support/live-training.js';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';

// Real training on whatever machine this is; none of these tests waits for time to pass.
jest.setTimeout(120_000);

const steps = 4;
const final = async (training: Parameters<Loop>[0]) => (await training.saveState('final', { overwrite: true })).path;

/** One step after the other; a checkpoint after the second. */
const plain: Loop = async (training, first) => {
  for (let step = first; step < steps; step += 1) {
    const pass = training.forwardBackward(batch(step), 'cross_entropy');
    await Promise.all([pass, training.optimStep({ learningRate: 0.01 })]);
    if (step === 1) await training.saveState('step-2', { overwrite: true });
  }
  return final(training);
};

/** All calls at once, with a loss of its own. */
const custom: Loop = async (training, first) => {
  const calls: PromiseLike<unknown>[] = [];
  for (let step = first; step < steps; step += 1) {
    calls.push(
      training.forwardBackwardCustom(batch(step), (_, logprobs) => ({
        loss: 0,
        gradients: logprobs.map((values) => Float32Array.from(values.toNumbers(), (value) => value / 100 - 1)),
      })),
      training.optimStep({ learningRate: 0.01 }),
    );
  }
  await Promise.all(calls);
  return final(training);
};

let server: ServerProcess;
const trainers: CrashTrainer[] = [];
/** What a trainer that nobody kills has at the end. */
let wanted: unknown;
beforeAll(async () => {
  server = await startServerProcess();
  const whole = crashTrainer(server, new SharedFiles());
  wanted = await whole.run(plain);
  await whole.end();
});
afterAll(async () => {
  await server.close();
});
afterEach(async () => {
  for (const trainer of trainers.splice(0)) await trainer.end();
});

function trainer(files: SharedFiles, dieAt?: number | BoundaryName): CrashTrainer {
  const made = crashTrainer(server, files, dieAt);
  trainers.push(made);
  return made;
}

describe('a trainer that is killed', () => {
  it.each([
    ['send forward_backward', 2],
    ['sent forward_backward', 2],
    ['send optim_step', 1],
    ['sent optim_step', 2],
    ['append half', 9],
    ['sync', 12],
    ['sent save_weights', 0],
    ['sent retrieve_future', 5],
  ])('goes on at "%s" (%i before) as if nothing had happened', async (name, before) => {
    const files = new SharedFiles();
    expect(await trainer(files, { name, before }).run(plain)).toBe('killed');
    const again = trainer(files);
    expect(await again.run(plain)).toEqual(wanted);
    expect(again.begun).toMatchObject([{ outcome: 'reattached' }]);
    const { operations } = await server.ledger(again.begun[0]?.training.modelId);
    expect(operations.filter(({ kind }) => kind === 'optim_step')).toHaveLength(steps);
    expect(operations.filter(({ kind }) => kind === 'forward_backward')).toHaveLength(steps);
  });

  it('is killed again and again, also while it resumes, with a loss of its own', async () => {
    const wantedOfCustom = await trainer(new SharedFiles()).run(custom);
    const files = new SharedFiles();
    let killed = 0;
    for (const dieAt of [46, 21, 33, 50, 12, 60, 41]) {
      if ((await trainer(files, dieAt).run(custom)) === 'killed') killed += 1;
    }
    expect(killed).toBeGreaterThan(3);
    const last = trainer(files);
    expect(await last.run(custom)).toEqual(wantedOfCustom);
    const { operations } = await server.ledger(last.begun[0]?.training.modelId);
    expect(operations.filter(({ kind }) => kind === 'optim_step')).toHaveLength(steps);
    expect(operations.filter(({ kind }) => kind === 'forward_backward')).toHaveLength(steps);
  });

  it('is restored from its last checkpoint when the server was restarted', async () => {
    const files = new SharedFiles();
    expect(await trainer(files, { name: 'sent optim_step', before: 3 }).run(plain)).toBe('killed');
    await server.restart();
    const again = trainer(files);
    expect(await again.run(plain)).toEqual(wanted);
    expect(again.begun).toMatchObject([
      {
        outcome: 'restored',
        step: 2,
        stepsLost: 1,
        checkpoint: { step: 2, path: expect.stringMatching(/weights\/step-2$/) },
        why: expect.stringContaining('does not know the model any more'),
        lost: expect.arrayContaining([expect.objectContaining({ kind: 'optimStep' })]),
      },
    ]);
  });

  it('is told that there is nothing to go on with, when the server was restarted before a checkpoint', async () => {
    const files = new SharedFiles();
    expect(await trainer(files, { name: 'sent optim_step', before: 0 }).run(plain)).toBe('killed');
    await server.restart();
    const { service } = trainer(files);
    const message = expect.stringMatching(/does not know the model any more.*no checkpoint was saved, so there is nothing to go on with/);
    expect(await rejection(service.resumeTrainingClient())).toMatchObject({ kind: 'journal', message });
    // The journal is over: the next one begins anew.
    const again = trainer(files);
    await again.run(plain);
    expect(again.begun).toMatchObject([{ outcome: 'created', step: 0 }]);
    expect(files.journals).toHaveLength(2);
  });

  it('is restored when it offers other data than those that were under way', async () => {
    const files = new SharedFiles();
    expect(await trainer(files, { name: 'sent forward_backward', before: 3 }).run(plain)).toBe('killed');
    const other = trainer(files);
    const refused = other.run(async (training) => {
      const later = training.forwardBackward(batch(99), 'cross_entropy');
      const step = training.optimStep();
      expect(await rejection(later)).toMatchObject({ kind: 'journal', message: expect.stringMatching(/forwardBackward.*with other data.*restores tinker:.*step-2/) });
      expect(await rejection(step)).toMatchObject({ kind: 'journal' });
      throw new Error('as a trainer ends that is refused');
    });
    expect(await rejection(refused)).toMatchObject({ message: 'as a trainer ends that is refused' });
    await other.service.close();
    const again = trainer(files);
    expect(await again.run(plain)).toEqual(wanted);
    expect(again.begun).toMatchObject([{ outcome: 'restored', step: 2, why: expect.stringContaining('with other data') }]);
  });

  it('cannot be gone on with while it runs', async () => {
    const files = new SharedFiles();
    const first = trainer(files);
    await first.service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 8 });
    const second = trainer(files);
    expect(await rejection(second.service.resumeTrainingClient())).toMatchObject({ kind: 'journal', message: expect.stringContaining('is in use by') });
    await first.service.close();
    expect((await second.service.resumeTrainingClient(journals)).outcome).toBe('reattached');
  });
});
