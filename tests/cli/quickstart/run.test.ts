import { describe, expect, it } from '@jest/globals';
import { runExperiment, type Experiment, type Surroundings } from '../../../src/cli/quickstart/run.js';
import { FakeLauncher } from './fake-launcher.js';
import { recordingScreen } from './recording-screen.js';

const experiment: Experiment = {
  baseModel: 'local/tiny', rank: 4, seed: 1, learningRate: 0.1, text: 'text.txt', batchSize: 8, sequenceLength: 64, steps: 10,
};

function surroundings(launcher: FakeLauncher): Surroundings & { readonly said: string[] } {
  const { screen, said } = recordingScreen();
  return { launcher, screen, said, server: { dataDir: 'data' }, now: () => 0 };
}

describe('runExperiment', () => {
  it('trains, crashes, restarts and resumes twice', async () => {
    const launcher = new FakeLauncher();
    const measured = await runExperiment(experiment, surroundings(launcher));
    expect(launcher.jobs).toEqual([
      { ...experiment, steps: undefined, firstStep: 1, lastStep: 10 },
      { ...experiment, steps: undefined, firstStep: 1, lastStep: Number.MAX_SAFE_INTEGER, saveAfter: 5 },
      { ...experiment, steps: undefined, firstStep: 6, lastStep: 10, resumeFrom: 'tinker://run/weights/5', withOptimizer: true },
      { ...experiment, steps: undefined, firstStep: 6, lastStep: 10, resumeFrom: 'tinker://run/weights/5' },
    ]);
    expect(measured.checkpoint).toBe('tinker://run/weights/5');
    expect(measured.plan).toEqual({ steps: 10, saveAfter: 5, killAfter: 6 });
    const stepsOf = (points: readonly { readonly step: number }[]): number[] => points.map(({ step }) => step);
    expect(stepsOf(measured.curves.uninterrupted)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(stepsOf(measured.curves.resumed)).toEqual([6, 7, 8, 9, 10]);
    expect(stepsOf(measured.curves.weightsOnly)).toEqual([6, 7, 8, 9, 10]);
    expect(stepsOf(measured.curves.interrupted).slice(0, 6)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('kills trainer and server with SIGKILL, and stops the second server with SIGTERM', async () => {
    const launcher = new FakeLauncher();
    await runExperiment(experiment, surroundings(launcher));
    expect(launcher.signals).toEqual(['SIGKILL to trainer 2', 'SIGKILL to server 1', 'SIGTERM to server 2']);
  });

  it('starts both servers on the same data', async () => {
    const launcher = new FakeLauncher();
    await runExperiment(experiment, surroundings(launcher));
    expect(launcher.dataDirs).toEqual(['data', 'data']);
  });

  it('leaves out steps past the last one, when the kill comes as late as that', async () => {
    const launcher = new FakeLauncher({ slowKill: 7 });
    const { curves, plan } = await runExperiment(experiment, surroundings(launcher));
    expect(curves.interrupted.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(plan.killAfter).toBe(10);
  });

  it('says what it does, and what was killed', async () => {
    const around = surroundings(new FakeLauncher());
    await runExperiment(experiment, around);
    expect(around.said.filter((line) => /^\d/.test(line))).toEqual([
      '1. start the local server',
      '2. train without interruption, for comparison',
      '3. train the same again, save after step 5, and crash after step 6',
      '4. restart the local server',
      '5. resume with the optimizer state',
      '6. resume once more, with the weights only',
      '7. stop the local server',
    ]);
    expect(around.said.join('\n')).toContain('dead: the trainer, process 102, and the server, process 1');
  });

  it('leaves a server alone that is not ours', async () => {
    const launcher = new FakeLauncher();
    const around = surroundings(launcher);
    const address = { url: 'http://other', apiKey: 'key' };
    await runExperiment(experiment, { ...around, server: address });
    expect(launcher.dataDirs).toEqual([]);
    expect(launcher.signals).toEqual(['SIGKILL to trainer 2']);
    expect(launcher.addresses).toEqual([address, address, address, address]);
    expect(around.said.join('\n')).toContain('the server is not ours to kill');
  });

  it('measures each part', async () => {
    let time = 0;
    const around = { ...surroundings(new FakeLauncher()), now: () => (time += 1) };
    const { timings } = await runExperiment(experiment, around);
    expect(timings[0]).toEqual({ part: 'start the local server', seconds: 0.001 });
    expect(timings).toHaveLength(7);
  });

  it('fails when a trainer fails, with its words', async () => {
    const launcher = new FakeLauncher({ failingJob: 3 });
    await expect(runExperiment(experiment, surroundings(launcher))).rejects.toThrow(
      'the trainer ended with exit code 1. Error: no such checkpoint',
    );
  });

  it('fails when the trainer ends before it can be killed', async () => {
    const launcher = new FakeLauncher({ failingJob: 2 });
    await expect(runExperiment(experiment, surroundings(launcher))).rejects.toThrow(
      'the trainer ended before it was killed (exit code 1). Error: no such checkpoint',
    );
  });

  it('fails when the server dies under a trainer', async () => {
    const launcher = new FakeLauncher({ dyingServerAtStep: 3 });
    await expect(runExperiment(experiment, surroundings(launcher))).rejects.toThrow(
      'the local server ended while training (exit code 7). out of memory',
    );
  });

  it('fails when no checkpoint was reported before the kill', async () => {
    const launcher = new FakeLauncher({ silentSaves: true });
    await expect(runExperiment(experiment, surroundings(launcher))).rejects.toThrow(
      'the trainer was killed before it had reported a checkpoint',
    );
  });
});
