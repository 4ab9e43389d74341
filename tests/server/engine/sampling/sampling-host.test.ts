import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EngineError } from '../../../../src/server/engine/engine-error.js';
import { compiledSamplingWorkerUrl, SamplingHost } from '../../../../src/server/engine/sampling/sampling-host.js';
import type { SamplerWeights } from '../../../../src/server/engine/sampling/sampling.js';
import { WORK } from './trained.js';

const BASE: SamplerWeights = { baseModel: 'local/tiny', adapter: undefined };

let root: string;
let host: SamplingHost;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sampling-host-'));
});

afterEach(async () => {
  await host.close();
  await rm(root, { recursive: true });
});

/** A host whose worker runs this for each sample, which is `request`. */
async function startWith(source: string): Promise<void> {
  const file = join(root, 'worker.mjs');
  await writeFile(file, `import { parentPort } from 'node:worker_threads';
let count = 0;
const ids = [];
const answer = (id, promptCacheHitTokens) => parentPort.postMessage({ type: 'sampled', id, output: { sequences: [], promptCacheHitTokens } });
parentPort.on('message', (request) => { count += 1; ${source} });`);
  host = new SamplingHost(pathToFileURL(file));
}

async function failure(sampling: Promise<unknown>): Promise<string> {
  try {
    await sampling;
  } catch (error) {
    if (error instanceof EngineError) return `${error.category}: ${error.message}`;
  }
  return 'no engine error';
}

describe('the sampling host', () => {
  it('draws in its worker, the same for the same seed', async () => {
    host = new SamplingHost();
    const work = { ...WORK, prompt: Int32Array.from(Buffer.from('the ')), numSamples: 2 };
    const [first, second] = await Promise.all([host.sample(BASE, work), host.sample(BASE, work)]);
    expect(first.sequences.map(({ tokens }) => tokens.length)).toEqual([12, 12]);
    expect(first.sequences).toEqual(second.sequences);
  });

  it('hands on why a sample failed', async () => {
    host = new SamplingHost();
    expect(await failure(host.sample({ baseModel: 'local/none', adapter: undefined }, WORK))).toBe(
      'user: Unknown base model "local/none". This server offers: local/tiny, local/small, local/base.',
    );
  });

  it('has sixteen requests worked on at once', async () => {
    // Answers with the number of requests that came, once there are sixteen, and once all are there.
    await startWith('ids.push(request.id); if (count === 16 || count === 20) setImmediate(() => { for (const id of ids.splice(0)) answer(id, count); });');
    const seen = await Promise.all(Array.from({ length: 20 }, async () => (await host.sample(BASE, WORK)).promptCacheHitTokens));
    expect(seen).toEqual([...Array.from({ length: 16 }, () => 16), ...Array.from({ length: 4 }, () => 20)]);
  });

  it('gives up what is cancelled, drawn or waiting', async () => {
    await startWith(`
      if (request.type === 'cancel') parentPort.postMessage({ type: 'failed', id: request.id, category: 'user', message: 'cancelled' });
      if (request.type === 'sample' && request.work.numSamples === 2) answer(request.id, count);`);
    const controllers = Array.from({ length: 17 }, () => new AbortController());
    const failures = controllers.map(({ signal }) => failure(host.sample(BASE, WORK, signal)));
    controllers.forEach((controller) => controller.abort());
    expect(await Promise.all(failures)).toEqual([...Array.from({ length: 16 }, () => 'user: cancelled'), 'user: The sample was cancelled by its client.']);
    // Sixteen samples and their cancellations came before; the seventeenth was never sent.
    expect((await host.sample(BASE, { ...WORK, numSamples: 2 })).promptCacheHitTokens).toBe(33);
  });

  it('starts another worker after a crash, for what waits and for what comes', async () => {
    await startWith("if (request.work.numSamples === 9) throw new Error('out of memory'); answer(request.id, 0);");
    expect(await failure(host.sample(BASE, { ...WORK, numSamples: 9 }))).toBe(
      'server: The sampling worker crashed: out of memory. It is started again; send the sample again.',
    );
    expect((await host.sample(BASE, WORK)).sequences).toEqual([]);
  });

  it('says so when the worker leaves', async () => {
    await startWith('process.exit(3);');
    expect(await failure(host.sample(BASE, WORK))).toBe('server: The sampling worker stopped with exit code 3. It is started again; send the sample again.');
  });

  it('gives up what is not finished when it closes, and takes nothing more', async () => {
    await startWith('');
    const open = Array.from({ length: 18 }, () => failure(host.sample(BASE, WORK)));
    host.forget('00');
    await host.close();
    const message = 'server: The server is stopping, so the sample was given up. Send it again when the server runs.';
    expect(new Set(await Promise.all(open))).toEqual(new Set([message]));
    expect(await failure(host.sample(BASE, WORK))).toBe(message);
  });

  it('finds its worker beside itself, from source and compiled', () => {
    expect(compiledSamplingWorkerUrl('file:///p/src/server/engine/sampling/sampling-host.ts').href).toBe('file:///p/dist/server/engine/sampling/sampling-worker.js');
    expect(compiledSamplingWorkerUrl('file:///p/dist/server/engine/sampling/sampling-host.js').href).toBe('file:///p/dist/server/engine/sampling/sampling-worker.js');
  });
});
