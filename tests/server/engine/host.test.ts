import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { baseModelInfos, BASE_MODELS } from '../../../src/server/engine/base-models.js';
import type { AdamSettings, CheckpointMeta, Engine, ModelSpec, PassResult, TrainingDatum } from '../../../src/server/engine/engine.js';
import { EngineError } from '../../../src/server/engine/engine-error.js';
import { compiledWorkerUrl, startEngine } from '../../../src/server/engine/host.js';

const SPEC: ModelSpec = { baseModel: 'local/tiny', lora: { rank: 4, seed: 1, trainAttn: true, trainMlp: true, trainUnembed: true } };
const ADAM: AdamSettings = { learningRate: 0.01, beta1: 0.9, beta2: 0.95, eps: 1e-12, weightDecay: 0, gradClipNorm: 0 };
const META: CheckpointMeta = { parentRun: 'a', createdAt: '2030-01-01T00:00:00.000Z', expiresAt: null, overwrite: false };

let root: string;
let engines: Engine[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'engine-'));
  engines = [];
});

afterEach(async () => {
  await Promise.all(engines.map((engine) => engine.close()));
  await rm(root, { recursive: true });
});

async function start(workerUrl?: URL): Promise<Engine> {
  const engine = await startEngine(workerUrl === undefined ? {} : { workerUrl });
  engines.push(engine);
  return engine;
}

/** An engine whose worker is this text. */
async function startWith(source: string): Promise<Engine> {
  const file = join(root, 'worker.mjs');
  await writeFile(file, `import { parentPort } from 'node:worker_threads';\n${source}`);
  return start(pathToFileURL(file));
}

function text(words: string): TrainingDatum[] {
  const bytes = Int32Array.from(Buffer.from(words));
  return [{ tokens: bytes.slice(0, -1), targetTokens: bytes.slice(1), weights: new Float32Array(bytes.length - 1).fill(1) }];
}

/** Typed arrays from a worker belong to another realm, so they are compared as plain lists. */
function plain({ lossSum, logprobs }: PassResult): unknown {
  return { lossSum, logprobs: logprobs.map((values) => Array.from(values)) };
}

async function failure(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof EngineError) return `${error.category}: ${error.message}`;
  }
  return 'no engine error';
}

describe('the engine in its worker', () => {
  it('trains, saves, and continues bit for bit in a new worker', async () => {
    const words = ['the cat sat on the mat', 'and the dog lay on the rug', 'while the mouse ran off'];
    const train = async (engine: Engine, sentences: readonly string[]): Promise<unknown[]> => {
      const seen: unknown[] = [];
      for (const sentence of sentences) {
        const pass = engine.forwardBackward('a', text(sentence), 'cross_entropy');
        const step = engine.optimStep('a', ADAM);
        seen.push(plain(await pass), await step);
      }
      return seen;
    };
    const first = await start();
    await first.createModel('a', SPEC);
    await train(first, words.slice(0, 2));
    const saved = await first.saveCheckpoint('a', join(root, 'one'), META);
    expect(saved.sizeBytes).toBeGreaterThan(100_000);
    const uninterrupted = await train(first, [...words.slice(2), ...words]);
    await first.close();

    const second = await start();
    await second.createModel('a', SPEC);
    expect((await second.loadCheckpoint('a', join(root, 'one'), { optimizer: true })).step).toBe(2);
    expect(await train(second, [...words.slice(2), ...words])).toEqual(uninterrupted);
  });

  it('executes calls in the order they were made, and passes on what went wrong', async () => {
    const engine = await start();
    const calls = [
      engine.createModel('a', SPEC),
      engine.forward('a', [], 'cross_entropy'),
      engine.forward('a', text('abc'), 'cross_entropy'),
      engine.unloadModel('a'),
      engine.forward('a', text('abc'), 'cross_entropy'),
    ];
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'rejected']);
    const [, empty, , , unloaded] = calls;
    expect(await failure(empty ?? Promise.resolve())).toBe('user: The batch is empty; send at least one datum.');
    expect(await failure(unloaded ?? Promise.resolve())).toBe('user: Model "a" is not loaded. Create it, or create a model from a checkpoint of it.');
  });

  it('lets the main thread run while a call is computed', async () => {
    const engine = await start();
    await engine.createModel('a', SPEC);
    let turns = 0;
    const state = { computing: true };
    const pass = engine.forwardBackward('a', text('x'.repeat(500)), 'cross_entropy').finally(() => { state.computing = false; });
    while (state.computing) {
      turns += 1;
      await new Promise((resolve) => { setImmediate(resolve); });
    }
    await pass;
    expect(turns).toBeGreaterThan(10);
  });
});

describe('the host', () => {
  it('lists the base models without asking the worker', async () => {
    expect((await start()).baseModels()).toEqual(baseModelInfos(BASE_MODELS));
  });

  it('finds the worker beside its compiled form, and the compiled one from source', () => {
    expect(compiledWorkerUrl('file:///p/dist/server/engine/host.js').href).toBe('file:///p/dist/server/engine/worker.js');
    expect(compiledWorkerUrl('file:///p/src/server/engine/host.ts').href).toBe('file:///p/dist/server/engine/worker.js');
  });

  it('lets the running call finish when closed, and refuses waiting and later ones', async () => {
    const engine = await start();
    const running = engine.createModel('a', SPEC);
    const waiting = failure(engine.forward('a', text('abc'), 'cross_entropy'));
    await Promise.all([engine.close(), engine.close()]);
    await running;
    const closed = 'server: The training engine is closed. Restart the server and send the call again.';
    expect(await waiting).toBe(closed);
    expect(await failure(engine.unloadModel('a'))).toBe(closed);
  });

  it('fails running and waiting calls when the worker crashes, and starts another for later ones', async () => {
    const engine = await startWith(`parentPort.on('message', ({ id, call }) => {
      if (call.modelId === 'a') throw new Error('boom');
      parentPort.postMessage({ id, reply: { type: 'done' } });
    });`);
    const calls = [failure(engine.unloadModel('a')), failure(engine.unloadModel('b'))];
    const crashed =
      "server: The training engine's worker crashed: boom. It is started again, but its models are lost; " +
      'go on from their last checkpoints with createTrainingClientFromStateWithOptimizer(path).';
    expect(await Promise.all(calls)).toEqual([crashed, crashed]);
    await expect(engine.unloadModel('b')).resolves.toBeUndefined();
  });

  it('fails the running call when the worker exits', async () => {
    const engine = await startWith(`parentPort.on('message', () => { process.exit(3); });`);
    expect(await failure(engine.unloadModel('a'))).toContain("server: The training engine's worker stopped with exit code 3. It is started again");
  });

  it('refuses an answer of the wrong kind', async () => {
    const engine = await startWith(`parentPort.on('message', ({ id }) => { parentPort.postMessage({ id, reply: { type: 'done' } }); });`);
    expect(await failure(engine.optimStep('a', ADAM))).toBe('server: The training engine answered optimStep with "done".');
  });

  it('ignores an answer nobody waits for', async () => {
    const engine = await startWith(`parentPort.on('message', ({ id }) => {
      parentPort.postMessage({ id: id - 1, reply: { type: 'failed', category: 'user', message: 'stale' } });
      parentPort.postMessage({ id, reply: { type: 'done' } });
    });`);
    await expect(engine.unloadModel('a')).resolves.toBeUndefined();
  });
});
