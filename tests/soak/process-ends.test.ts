import { createAdaptorServer } from '@hono/node-server';
import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { held, json, ScriptedServer } from '../support/scripted-server.js';
import { temporaryFolder } from '../support/temporary.js';

const client = new URL('../../dist/client/index.js', import.meta.url).href;
const inspector = new URL('../../dist/inspector/index.js', import.meta.url).href;

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

/** A scripted server that listens on this machine. */
async function listening(): Promise<{ readonly scripted: ScriptedServer; readonly url: string }> {
  const scripted = new ScriptedServer();
  const server = createAdaptorServer({ fetch: (request) => scripted.fetch(request) });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  cleanUps.push(() => server.close());
  const address = server.address();
  if (!isAddress(address)) throw new Error('the server has no port');
  return { scripted, url: `http://127.0.0.1:${address.port}` };
}

function isAddress(address: unknown): address is AddressInfo {
  return typeof address === 'object' && address !== null && 'port' in address;
}

/** Starts a program with a training client that does what it is given, and nothing to make it end. */
function start(url: string, body: string, options = ''): ChildProcess & { readonly stdout: NodeJS.ReadableStream; readonly stderr: NodeJS.ReadableStream } {
  const program = `
    import { ServiceClient } from ${JSON.stringify(client)};
    const watched = async () => (await import(${JSON.stringify(inspector)})).startInspector({ port: 0, log: () => undefined });
    const service = new ServiceClient({ baseUrl: ${JSON.stringify(url)}, apiKey: 'tml-test-key', ${options} });
    const training = await service.createLoraTrainingClient({ baseModel: 'base' });
    const failed = (operation) => operation.then(() => 'done', ({ kind }) => kind);
    ${body}
    console.log('end');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'pipe'] });
  cleanUps.push(() => child.kill('SIGKILL'));
  return child;
}

/** How a program ended, and what it said. */
async function ended(child: ReturnType<typeof start>): Promise<{ readonly code: unknown; readonly said: string }> {
  const [[code], out, errors] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code, said: `${out}${errors}` };
}

const endsWell = { code: 0, said: 'end\n' };

describe('a program ends by itself', () => {
  it.each([
    ['when its results are there', 'await training.optimStep();', ''],
    ['when it has closed its service', 'await training.optimStep(); await service.close();', ''],
    ['with an inspector', 'await training.optimStep();', 'inspect: (await watched()).inspect'],
    ['with telemetry', 'await training.optimStep();', 'telemetry: true'],
    ['after an operation that was refused here', "await failed(training.forwardBackward([], 'cross_entropy'));", ''],
    ['after an operation that was cancelled before it was sent', 'const step = training.optimStep(); step.cancel(); await failed(step);', ''],
    ['with a client that is paused', 'await training.optimStep(); training.pause();', ''],
    ['with a sampling client that nobody uses', 'await training.saveWeightsAndGetSamplingClient();', ''],
    ['with a sampling client that nobody waits for', "void service.createSamplingClient({ baseModel: 'base' });", ''],
    ['with a signal and a limit that are not reached', 'await training.optimStep({}, { signal: new AbortController().signal, timeoutMs: 3_600_000 });', ''],
  ])('%s', async (_, body, options) => {
    const { url } = await listening();
    expect(await ended(start(url, body, options))).toEqual(endsWell);
  });

  it('with a recording', async () => {
    const { url } = await listening();
    const file = JSON.stringify(join(await temporaryFolder(), 'run.jsonl'));
    expect(await ended(start(url, 'await training.optimStep();', `inspect: { file: ${file} }`))).toEqual(endsWell);
  });

  it('after an operation that the server refused', async () => {
    const { scripted, url } = await listening();
    scripted.next('optim_step', () => json({ detail: 'no' }, 400));
    expect(await ended(start(url, 'console.log(await failed(training.optimStep()));'))).toEqual({ code: 0, said: 'http\nend\n' });
  });

  it('after an operation that was cancelled while the server worked on it, though that never answers', async () => {
    const { scripted, url } = await listening();
    const body = "const step = training.optimStep(); while (step.status !== 'polling') await new Promise(setImmediate); step.cancel(); console.log(await failed(step));";
    const answer = held();
    scripted.next('retrieve_future', () => json({ model_id: 'S:train:0' })).next('retrieve_future', answer.handler);
    expect(await ended(start(url, body))).toEqual({ code: 0, said: 'cancelled\nend\n' });
    answer.release(json({}));
  });
});

describe('a program with an operation that is not finished', () => {
  it('stays until it is, whether anybody waits for it or not', async () => {
    const { scripted, url } = await listening();
    const answer = held();
    const polled = new Promise<void>((resolve) => {
      scripted
        .next('retrieve_future', () => json({ model_id: 'S:train:0' }))
        .next('retrieve_future', () => json({ type: 'try_again', request_id: 'r2', queue_state: 'active' }))
        .next('retrieve_future', () => {
          resolve();
          return answer.handler();
        });
    });
    const child = start(url, "training.optimStep().then(() => console.log('stepped'));");
    // It has nothing else to do by now, and has asked again.
    await polled;
    expect(child.exitCode).toBeNull();
    answer.release(json({ metrics: {} }));
    expect(await ended(child)).toEqual({ code: 0, said: 'end\nstepped\n' });
  });
});
