import { describe, expect, it } from '@jest/globals';
import type { Child, Exit, Program } from '../../../src/cli/quickstart/child.js';
import type { TrainerJob } from '../../../src/cli/quickstart/job.js';
import { describeExit, launcherOf } from '../../../src/cli/quickstart/launcher.js';
import type { TrainerEvent } from '../../../src/cli/quickstart/trainer-events.js';

const environment = { PATH: '/bin', TINKER_API_KEY: 'someone-elses', TINKER_BASE_URL: 'http://elsewhere' };
const address = { url: 'http://local:1', apiKey: 'secret' };
const job: TrainerJob = {
  baseModel: 'local/tiny', rank: 4, seed: 1, learningRate: 0.1, text: 'text.txt', batchSize: 8, sequenceLength: 64, firstStep: 1, lastStep: 2,
};

/** Stands in for real processes: a program that is "started" is only remembered. */
function fakeChildren() {
  const started: Program[] = [];
  const signals: string[] = [];
  let settle: (exit: Exit) => void = () => undefined;
  const exited = new Promise<Exit>((resolve) => {
    settle = resolve;
  });
  const start = (program: Program): Child => {
    started.push(program);
    return {
      pid: 7, exited, complaint: () => 'port in use',
      kill: (signal) => {
        signals.push(signal);
        settle({ code: null, signal });
      },
    };
  };
  return { start, started, signals, write: (line: string) => started[0]?.onLine(line), exit: settle };
}

describe('launcherOf', () => {
  it('starts a server and waits for its line', async () => {
    const children = fakeChildren();
    const server = launcherOf(children, environment).startServer('/data');
    children.write('some notice');
    children.write(JSON.stringify({ ...address, dataDir: '/data', pid: 7 }));
    await expect(server).resolves.toMatchObject({ ...address, pid: 7 });
    expect(children.started[0]).toMatchObject({
      args: ['serve', '--port', '0', '--json', '--data-dir', '/data'], environment: { PATH: '/bin' },
    });
    expect(children.started[0]?.environment).toEqual({ PATH: '/bin' });
    expect(children.started[0]?.script).toMatch(/cli[\\/]main\.js$/);
  });

  it('says why a server did not start', async () => {
    const children = fakeChildren();
    const server = launcherOf(children, environment).startServer('/data');
    children.exit({ code: 2, signal: null });
    await expect(server).rejects.toThrow('the local server did not start (exit code 2). port in use');
  });

  it('gives the trainer its server through the environment, and the key nowhere else', () => {
    const children = fakeChildren();
    launcherOf(children, environment).startTrainer(address, job, () => undefined);
    expect(children.started[0]?.environment).toEqual({
      PATH: '/bin', TINKER_BASE_URL: 'http://local:1', TINKER_API_KEY: 'secret',
    });
    expect(children.started[0]?.args.join(' ')).not.toContain('secret');
    expect(children.started[0]?.script).toMatch(/quickstart[\\/]trainer\.js$/);
  });

  it('hands over events', async () => {
    const children = fakeChildren();
    const events: TrainerEvent[] = [];
    const trainer = launcherOf(children, environment).startTrainer(address, job, (event) => void events.push(event));
    children.write('{"event":"step","step":1,"loss":2}');
    children.exit({ code: 0, signal: null });
    await expect(trainer.exited).resolves.toEqual({ code: 0, signal: null });
    expect(events).toEqual([{ event: 'step', step: 1, loss: 2 }]);
  });

  it('ends a trainer that says something else, and believes nothing after that', async () => {
    const children = fakeChildren();
    const events: TrainerEvent[] = [];
    const trainer = launcherOf(children, environment).startTrainer(address, job, (event) => void events.push(event));
    children.write('what?');
    children.write('{"event":"step","step":1,"loss":2}');
    await expect(trainer.exited).rejects.toThrow('the trainer wrote something unexpected: what?');
    expect(children.signals).toEqual(['SIGKILL']);
    expect(events).toEqual([]);
  });
});

describe('describeExit', () => {
  it('names code or signal', () => {
    expect(describeExit({ code: 1, signal: null })).toBe('exit code 1');
    expect(describeExit({ code: null, signal: 'SIGKILL' })).toBe('killed by SIGKILL');
    expect(describeExit({ code: null, signal: null })).toBe('not started');
  });
});
