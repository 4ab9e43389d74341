import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { ModelInput, type TrainingClient } from '../../src/index.js';
import { liveService, train } from '../support/live-training.js';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';

const baseModel = 'local/tiny';
const trainer = fileURLToPath(new URL('../support/interrupted-trainer.mjs', import.meta.url));

let server: ServerProcess;
beforeAll(async () => {
  server = await startServerProcess();
});
afterAll(async () => {
  await server.close();
});

/** What the server executed for a model, in order. */
async function executedBy(modelId: string): Promise<string[]> {
  const { operations } = await server.ledger(modelId);
  return operations.filter(({ outcome }) => outcome === 'done').map(({ kind }) => kind);
}

describe('a schedule at the local server', () => {
  it('leaves what it is to keep and what is not its own, and each resumes exactly at its step', async () => {
    const service = liveService(server);
    const training = await service.createLoraTrainingClient({ baseModel, rank: 4, seed: 3 });
    const rest = service.createRestClient();
    await training.saveState('mine');
    const schedule = training.checkpoints({ everySteps: 2, keepLast: 2, ttlSeconds: 3600 });
    // Nothing is awaited between the calls.
    const losses = await train(training, 1, 8);
    await schedule.flush();
    const { checkpoints } = await rest.listCheckpoints(training.modelId);
    expect(checkpoints.map(({ tinkerPath }) => tinkerPath.slice(tinkerPath.lastIndexOf('/') + 1)).sort()).toEqual(['mine', 'step-000006', 'step-000008']);
    expect(checkpoints.filter(({ expiresAt }) => expiresAt !== undefined)).toHaveLength(2);

    const [sixth] = schedule.saved;
    const resumed = await service.createTrainingClientFromStateWithOptimizer(String(sixth?.path));
    const next = resumed.checkpoints({ everySteps: 2 });
    expect([sixth?.step, next.firstStep]).toEqual([6, 6]);
    expect(await train(resumed, 7, 8)).toEqual(losses.slice(6));
    await next.flush();
    expect(next.saved.map(({ name }) => name)).toEqual(['step-000008']);
    await service.close();
  });
});

describe('a trainer that is told to end', () => {
  it('saves what it has trained, ends with 143, and can be resumed exactly there', async () => {
    const child = spawn(process.execPath, [trainer], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TINKER_BASE_URL: server.url, TINKER_API_KEY: server.apiKey },
    });
    const said = text(child.stderr);
    const losses: number[] = [];
    let modelId = '';
    for await (const line of createInterface({ input: child.stdout })) {
      const { step, loss, ...first }: { step?: number; loss?: number; modelId?: string } = JSON.parse(line);
      modelId = first.modelId ?? modelId;
      if (loss !== undefined) losses.push(loss);
      if (step === 3) child.kill('SIGTERM');
    }
    if (child.exitCode === null) await once(child, 'exit');
    const stderr = await said;
    expect([child.exitCode, child.signalCode]).toEqual([143, null]);
    const [, path = '', label = ''] = /SIGTERM: saved (tinker:\/\/\S+\/weights\/signal-(\d{6}))/.exec(stderr) ?? [];

    const kinds = await executedBy(modelId);
    const step = kinds.slice(0, kinds.indexOf('save_weights')).filter((kind) => kind === 'optim_step').length;
    expect([Number(label), step >= 3]).toEqual([step, true]);

    // The same steps without interruption, and then one more of both.
    const service = liveService(server);
    const whole = await service.createLoraTrainingClient({ baseModel, rank: 4, seed: 1 });
    const expected: (number | undefined)[] = [];
    for (let taken = 0; taken <= step; taken += 1) expected.push(await oneStep(whole));
    expect(losses.slice(0, 3)).toEqual(expected.slice(0, 3));
    const resumed = await service.createTrainingClientFromStateWithOptimizer(path);
    expect(resumed.checkpoints({ everySteps: 100 }).firstStep).toBe(step);
    expect(await oneStep(resumed)).toBe(expected[step]);
    await service.close();
  });
});

/** The step of the interrupted trainer; gives the loss before it. */
async function oneStep(training: TrainingClient): Promise<number | undefined> {
  const tokens = Array.from({ length: 25 }, (_, at) => 40 + ((at * 7) % 80));
  const lossFnInputs = { target_tokens: tokens.slice(1), weights: tokens.slice(1).map(() => 1) };
  const data = [{ modelInput: ModelInput.fromInts(tokens.slice(0, -1)), lossFnInputs }];
  const { metrics } = await training.step(data, 'cross_entropy', { learningRate: 0.01 });
  return metrics['loss:sum'];
}
