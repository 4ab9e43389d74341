import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { ServiceClient, ServiceClientOptions, TrainingClient } from '../../../src/index.js';
import type { InspectTarget } from '../../../src/service/inspect-option.js';
import { startInspector, type Inspector } from '../../../src/inspector/start-inspector.js';
import type { InspectorOptions } from '../../../src/inspector/options.js';
import { Gathered } from '../../support/inspection/gathered.js';
import { liveService } from '../../support/live-training.js';
import { startServerProcess, type ServerProcess } from '../../support/local-server.js';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** Does this after the test, what was asked for last first. */
export function afterwards(end: () => unknown): void {
  ends.push(end);
}

/** An inspector of this process; closed after the test. */
export async function openInspector(options: InspectorOptions = {}): Promise<Inspector> {
  const inspector = await startInspector({ port: 0, log: () => undefined, ...options });
  afterwards(() => inspector.close());
  return inspector;
}

/** A local server for the tests of a file; its faults are gone after each. */
export function useServer(): () => ServerProcess {
  let server: ServerProcess | undefined;
  beforeAll(async () => {
    server = await startServerProcess();
  });
  afterEach(async () => {
    await server?.clearFaults();
  });
  afterAll(async () => {
    await server?.close();
  });
  return () => {
    if (server === undefined) throw new Error('the server has not begun yet: use it within tests');
    return server;
  };
}

/** A program that trains, looked at by an inspector. */
export interface Run {
  readonly inspector: Inspector;
  readonly service: ServiceClient;
  readonly training: TrainingClient;
  /** Told the same as the inspector. */
  readonly gathered: Gathered;
}

export interface RunOptions {
  readonly inspector?: InspectorOptions;
  readonly service?: Partial<ServiceClientOptions>;
  /** Who looks on besides. */
  readonly watchers?: readonly InspectTarget[];
}

/** Begins a program; ended after the test. */
export async function beginRun(server: ServerProcess, options: RunOptions = {}): Promise<Run> {
  const inspector = await openInspector(options.inspector);
  const gathered = new Gathered();
  const service = liveService(server, {
    inspect: [inspector.inspect, gathered, ...(options.watchers ?? [])],
    onError: () => undefined,
    onQueueState: () => undefined,
    ...options.service,
  });
  afterwards(() => service.close());
  const training = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 4, seed: 1 });
  return { inspector, service, training, gathered };
}
