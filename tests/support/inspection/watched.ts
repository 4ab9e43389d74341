import { afterEach } from '@jest/globals';
import type { ServiceClientOptions } from '../../../src/index.js';
import { openTraining } from '../open-training.js';
import { scriptedSampling } from '../sampling.js';
import type { ReceivedRequest, ScriptedServer } from '../scripted-server.js';
import { settle, type SimulatedEnvironment } from '../simulated.js';
import { Gathered } from './gathered.js';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Lets time pass in steps of ten milliseconds, so that every telling comes in its time. */
export async function passTime({ clock }: SimulatedEnvironment, ms: number): Promise<void> {
  await settle();
  for (let left = ms; left > 0; left -= 10) {
    clock.increment(Math.min(10, left));
    await settle(3);
  }
  await settle();
}

/** A training client that is watched, after all of its opening was told; closed after the test. */
export async function watchedTraining(options: Partial<ServiceClientOptions> = {}, config: Readonly<Record<string, unknown>> = {}, watcher = new Gathered()) {
  const scripted = await openTraining({ inspect: watcher, ...options }, config);
  const pass = (ms: number) => passTime(scripted.environment, ms);
  await pass(100);
  return { ...scripted, watcher, pass };
}

/** The same with a sampling client. */
export async function watchedSampling(options: Partial<ServiceClientOptions> = {}, watcher = new Gathered()) {
  const scripted = await scriptedSampling({ service: { inspect: watcher, ...options } });
  closers.push(() => scripted.service.close());
  const pass = (ms: number) => passTime(scripted.environment, ms);
  await pass(100);
  return { ...scripted, watcher, pass };
}

/** Has the server take the newest request to an endpoint. */
export function taken(server: ScriptedServer, endpoint: string, result: unknown = {}): Response {
  const request: ReceivedRequest | undefined = server.to(endpoint).at(-1);
  if (request === undefined) throw new Error(`nothing was sent to ${endpoint}`);
  return server.accept(request, result);
}
