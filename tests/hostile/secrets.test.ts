import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { createInspector, type StatelyInspectionEvent } from '@statelyai/inspect';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { ServiceClient, type ServiceClientOptions } from '../../src/index.js';
import { traceEvents } from '../../src/inspection/trace-export.js';
import { startInspector } from '../../src/inspector/index.js';
import { openTelemetry } from '../../src/opentelemetry/index.js';
import { ask, eventsOf } from '../inspector/event-stream.js';
import { datum } from '../support/clients.js';
import { hurriedTime } from '../support/hurried.js';
import { Gathered } from '../support/inspection/gathered.js';
import { json, ScriptedServer } from '../support/scripted-server.js';
import { temporaryFolder } from '../support/temporary.js';
import { jwt } from '../support/token-server.js';
import { EchoingFetch } from './support/echoes.js';
import { secretsIn } from './support/secret-forms.js';

// Characters that JSON, addresses and base64 write otherwise.
const apiKey = 'tml-0?Very"Secret\\Key/with+all&sorts=of-letters';
const accessToken = 'access/of+Somebody"else\\entirely';
const bearer = 'custom/Bearer+credential-of-a-proxy';
const password = 'proxy-Password/12345678';
const token = jwt({ exp: 4_000_000_000, sub: 'urn:someone', email: 'ada@example.org' }, 'c2VjcmV0LXNpZ25hdHVyZQ');
const secrets = [apiKey, accessToken, bearer, password, token];

const written: string[] = [];
const environmentBefore = process.env['TINKER_API_KEY'];

/** Everything that goes out of the process by itself. */
function listen(): void {
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) {
    jest.spyOn(console, method).mockImplementation((...said: unknown[]) => void written.push(said.map((each) => (typeof each === 'string' ? each : inspect(each, { depth: 10 }))).join(' ')));
  }
  for (const stream of [process.stdout, process.stderr]) {
    jest.spyOn(stream, 'write').mockImplementation((said) => {
      written.push(String(said));
      return true;
    });
  }
}

const spans = new InMemorySpanExporter();

afterEach(() => {
  jest.restoreAllMocks();
  trace.disable();
  spans.reset();
  written.length = 0;
  if (environmentBefore === undefined) delete process.env['TINKER_API_KEY'];
  else process.env['TINKER_API_KEY'] = environmentBefore;
});

interface Kept {
  readonly errors: unknown[];
  readonly snapshots: unknown[];
  done: number;
}

/** So often that each endpoint has answered in every bad way. */
const rounds = 10;

/** All that can be done, over and over, until nothing more goes wrong. */
async function fullRun(service: ServiceClient, kept: Kept): Promise<void> {
  const tried = async <A>(work: () => PromiseLike<A>, times = 20): Promise<A | undefined> => {
    for (let time = 0; time < times; time += 1) {
      try {
        const value = await work();
        kept.done += 1;
        return value;
      } catch (thrown) {
        kept.errors.push(thrown);
      }
    }
    return undefined;
  };
  await tried(() => service.getServerCapabilities());
  const training = await tried(() => service.createLoraTrainingClient({ baseModel: 'base', rank: 8, userMetadata: { note: 'x' } }));
  if (training === undefined) throw new Error('no training client');
  const step = (operation: () => PromiseLike<unknown>) =>
    tried(() => {
      const going = operation();
      kept.snapshots.push(training.getSnapshot(), inspect(going, { depth: 6, showHidden: true }));
      // What is unknown is the user's to decide.
      return going.then((value) => value, (thrown: unknown) => {
        if (training.getSnapshot().state === 'wedged') training.skip();
        throw thrown;
      });
    }, 12);
  await step(() => training.loadState('tinker://other/weights/x', { weightsAccessToken: accessToken }));
  const rest = service.createRestClient();
  for (let round = 0; round < rounds; round += 1) {
    await step(() => training.forwardBackward([datum()], 'cross_entropy'));
    await step(() => training.optimStep());
    await step(() => training.saveState('a'));
    await step(() => training.saveWeightsForSampler('b'));
    await tried(() => training.getInfo());
    await tried(() => rest.listTrainingRuns(), 8);
    await tried(() => rest.getCheckpointArchiveUrlFromTinkerPath('tinker://run:train:0/weights/a'), 8);
  }
  const sampling = await tried(() => service.createSamplingClient({ baseModel: 'base' }));
  if (sampling !== undefined) {
    await tried(() => sampling.sample({ prompt: [1, 2], samplingParams: { maxTokens: 2 } }));
    kept.snapshots.push(sampling.getSnapshot());
  }
  await tried(() => service.createTrainingClientFromState('tinker://other/weights/x', { weightsAccessToken: accessToken }));
  await tried(() => rest.whoami(), 2);
  kept.snapshots.push(service.getSnapshot(), service.getTelemetry(), service.actor.getSnapshot().context, inspect(service, { depth: 3, showHidden: true }));
}

/** An error as loggers write it. */
const pictures = (error: unknown): readonly string[] => [
  String(error), JSON.stringify(error), inspect(error, { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null }), error instanceof Error ? `${error.stack ?? ''} ${String(error.cause)}` : '',
];

async function contentsOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(entries.filter((entry) => entry.isFile()).map(async (entry) => `${entry.name}\n${await readFile(join(entry.parentPath, entry.name), 'utf8')}`));
}

/** All that a page gets which is opened now: the snapshot that it copies, and what is kept, in events of 500 at most. */
async function pageOf(url: string): Promise<readonly string[]> {
  const texts = [await (await fetch(`${url}/api/snapshot`)).text()];
  const next = eventsOf(await ask(`${url}/api/stream`));
  for (let event = await next(); event !== undefined; event = await next()) {
    texts.push(JSON.stringify(event));
    if (Array.isArray(event.data) && event.data.length < 500) break;
  }
  return texts;
}

const credentials: readonly (readonly [string, Partial<ServiceClientOptions>, boolean])[] = [
  ['an API key that is given', { apiKey }, false],
  ['an API key of the environment, exchanged for tokens', {}, true],
];

describe('a full run in which the server repeats every secret in every way', () => {
  it.each(credentials)('tells none of them, with %s', async (_, options, withTokens) => {
    listen();
    process.env['TINKER_API_KEY'] = apiKey;
    const folder = await temporaryFolder();
    const scripted = new ScriptedServer({ pjwt_auth_enabled: withTokens });
    const good: typeof globalThis.fetch = async (input, init) => {
      const { pathname } = new URL(input instanceof Request ? input.url : input);
      if (pathname.endsWith('auth/token')) return json({ jwt: token });
      if (pathname.endsWith('create_session')) return json({ session_id: 'S', info_message: server.heard.join(' '), warning_message: server.heard.join(' '), error_message: server.heard.join(' ') });
      if (pathname.endsWith('training_runs')) return json({ training_runs: [] });
      if (pathname.endsWith('archive')) return json({ url: 'https://store.test/x?signature=y', expires: '2030-01-01T00:00:00Z' });
      return scripted.fetch(input, init);
    };
    const server = new EchoingFetch(secrets, good);
    const [watcher, stately]: [Gathered, string[]] = [new Gathered(), []];
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
    const inspector = await startInspector({ port: 0 });
    const kept: Kept = { errors: [], snapshots: [], done: 0 };
    const unobserved: unknown[] = [];
    const service = new ServiceClient({
      baseUrl: 'http://scripted.test', fetch: server.fetch, environment: hurriedTime().environment, telemetry: true, journal: join(folder, 'journal'),
      defaultHeaders: { Authorization: `Bearer ${bearer}`, 'CF-Access-Client-Secret': password },
      inspect: [watcher, inspector.inspect, openTelemetry(), { file: join(folder, 'recording.jsonl') }, createInspector({ send: (event: StatelyInspectionEvent) => stately.push(JSON.stringify(event)) }, { serializationDepthLimit: 16 }).inspect],
      onError: (error) => unobserved.push(error),
      ...options,
    });
    await fullRun(service, kept);
    await service.close();
    await new Promise((resolve) => setTimeout(resolve, 0));
    const errors = [...kept.errors, ...unobserved];
    const told: Readonly<Record<string, readonly string[]>> = {
      console: written,
      errors: errors.flatMap(pictures),
      snapshots: kept.snapshots.map((snapshot) => (typeof snapshot === 'string' ? snapshot : inspect(snapshot, { depth: 12, showHidden: true }))),
      records: [JSON.stringify([watcher.told, watcher.calls, watcher.service.snapshot()])],
      trace: [...traceEvents(watcher.told)].map((event) => JSON.stringify(event)),
      spans: spans.getFinishedSpans().map(({ name, attributes, events, status, resource }) => JSON.stringify({ name, attributes, events, status, resource: resource.attributes })),
      page: await pageOf(inspector.url),
      stately,
      files: await contentsOf(folder),
      telemetry: server.telemetry,
    };
    await inspector.close();
    jest.restoreAllMocks();
    // Each of these was there to be looked at.
    expect(Object.entries(told).filter(([, texts]) => texts.join('').length < 100).map(([name]) => name)).toEqual([]);
    expect(errors.length).toBeGreaterThan(30);
    expect(kept.done).toBeGreaterThan(8);
    expect(server.heard).toHaveLength(withTokens ? 5 : 4);
    const leaks = Object.entries(told).flatMap(([where, texts]) => texts.flatMap((text) => secretsIn(text, secrets).map((leak) => `${where}: ${leak}`)));
    expect([...new Set(leaks)].slice(0, 8)).toEqual([]);
  });
});
