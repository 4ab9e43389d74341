import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createInspector, createWebSocketInspector, type StatelyInspectionEvent } from '@statelyai/inspect';
import { createInspectorServer } from '@statelyai/inspect/server';
import { Server } from 'node:net';
import { WebSocket } from 'undici';
import { rejection, scriptedService } from '../support/clients.js';
import { input } from '../support/sampling.js';
import { held } from '../support/scripted-server.js';
import { settle } from '../support/simulated.js';
import { untyped } from '../support/untyped.js';
import { machineIds, runAllMachines, secrets } from './all-machines.js';

/** An event as it goes over a network. */
interface Sent {
  readonly type: string;
  readonly name?: string;
  readonly sessionId: string;
  readonly sourceId?: string;
  readonly parentId?: string;
  readonly rootId: string;
  readonly definition?: string;
  readonly snapshot?: { readonly status?: string; readonly value?: unknown; readonly context?: unknown };
  readonly event?: { readonly type?: unknown };
}

const mostBytes = 64 * 1024;

// The session's chart is deeper than the ten levels that are written where nothing is said.
const options = { serializationDepthLimit: 16 };

/** An inspector whose adapter keeps what would go over a network. */
function collecting() {
  const texts: string[] = [];
  const inspector = createInspector({ send: (event: StatelyInspectionEvent) => texts.push(JSON.stringify(event)) }, options);
  return { inspector, texts };
}

/** Lets the inspector write down what it was told: it leaves each event to a timer of its own, and timers go off in order. */
function written(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** The machines whose charts have arrived. */
function definitionsIn(events: readonly Sent[]): string[] {
  const ids = events.flatMap(({ definition }) => {
    if (definition === undefined) return [];
    const { id, states }: { readonly id?: string; readonly states?: object } = JSON.parse(definition);
    return id === undefined || states === undefined ? [] : [id];
  });
  return [...new Set(ids)].sort();
}

function expectNoSecrets(text: string): void {
  expect(text).not.toContain(secrets.key);
  expect(text).not.toMatch(new RegExp(`\\b(${secrets.tokens.join('|')})\\b`));
  expect(text).not.toMatch(/loss_?fn_?inputs|model_?input|target_tokens|logprobs/i);
}

afterEach(() => {
  jest.restoreAllMocks();
});

describe('what Stately’s inspector is told of all machines', () => {
  const { inspector, texts } = collecting();
  let events: readonly Sent[] = [];
  beforeAll(async () => {
    await runAllMachines(inspector.inspect);
    await written();
    events = texts.map((text) => untyped<Sent>(text));
  });

  it('is made of actors, events and snapshots of one system', () => {
    expect([...new Set(events.map(({ type }) => type))].sort()).toEqual(['@xstate.actor', '@xstate.event', '@xstate.snapshot']);
    expect(new Set(events.map(({ rootId }) => rootId)).size).toBe(1);
    expect(events.filter(({ event }) => event !== undefined && typeof event.type !== 'string')).toEqual([]);
  });

  it('has the chart of every machine, whole', () => {
    expect(definitionsIn(events)).toEqual(machineIds);
    expect(texts.filter((text) => /\[(Object|Array|Circular)\]/.test(text))).toEqual([]);
  });

  it('tells of registered actors only', () => {
    const registered = new Set<string>();
    const unknown = events.filter(({ type, sessionId, sourceId = sessionId, parentId = sessionId }) => {
      if (type === '@xstate.actor') registered.add(sessionId);
      return [sessionId, sourceId, parentId].some((id) => !registered.has(id));
    });
    expect(unknown).toEqual([]);
    expect(registered.size).toBeGreaterThan(50);
  });

  it('shows the states and contexts of machines', () => {
    const trainings = new Set(events.filter(({ name = '' }) => name.startsWith('training-')).map(({ sessionId }) => sessionId));
    const snapshots = events.flatMap(({ type, sessionId, snapshot }) => (type === '@xstate.snapshot' && trainings.has(sessionId) && snapshot !== undefined ? [snapshot] : []));
    expect([...new Set(snapshots.map(({ value }) => value))]).toEqual(expect.arrayContaining(['idle', 'submitting', 'computing', 'wedged', 'stopped']));
    expect(snapshots[0]?.context).toMatchObject({ modelId: 'S:train:0', queue: { waiting: 0, first: [] } });
    expect(snapshots.at(-1)).toMatchObject({ status: 'done' });
  });

  it('is small, and holds neither the key nor bodies nor tensors', () => {
    expect(texts.filter((text) => text.length > mostBytes / 8)).toEqual([]);
    for (const text of texts) expectNoSecrets(text);
  });
});

describe('what Stately’s inspector is told where a lot waits', () => {
  it('stays small with thousands of operations in a queue', async () => {
    const { inspector, texts } = collecting();
    const { server, service } = scriptedService({ inspect: inspector.inspect });
    const training = await service.createLoraTrainingClient({ baseModel: 'base' });
    server.next('optim_step', held().handler);
    const open = Array.from({ length: 3_000 }, () => rejection(training.optimStep()));
    await settle();
    await written();
    expect(texts.filter((text) => text.includes('"waiting":2999'))).not.toEqual([]);
    expect(Math.max(...texts.map(({ length }) => length))).toBeLessThan(mostBytes);
    await service.close();
    await Promise.all(open);
    await written();
  });

  it('stays small with a thousand samples on their way', async () => {
    const { inspector, texts } = collecting();
    const { server, service } = scriptedService({ inspect: inspector.inspect });
    const sampling = await service.createSamplingClient({ baseModel: 'base' });
    server.times(1_000, 'asample', held().handler);
    const open = Array.from({ length: 1_000 }, () => rejection(sampling.sample(input)));
    await settle();
    await written();
    expect(Math.max(...texts.map(({ length }) => length))).toBeLessThan(mostBytes);
    await service.close();
    await Promise.all(open);
    await written();
  });
});

/** Stately's server, which would listen to the whole network, at a free port of this machine only; gives its address. */
async function startServer() {
  const [begun, listening] = withResolver<Server>();
  jest.spyOn(Server.prototype, 'listen').mockImplementationOnce(function listen(this: Server) {
    return this.listen({ port: 0, host: '127.0.0.1' }, () => listening(this));
  });
  const server = createInspectorServer({ autoOpen: false });
  const address = (await begun).address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
  return { server, url: `ws://127.0.0.1:${address.port}` };
}

function withResolver<A>(): readonly [Promise<A>, (value: A) => void] {
  let resolve: (value: A) => void = () => undefined;
  return [new Promise<A>((given) => (resolve = given)), (value) => resolve(value)];
}

/** What the page of Stately's server does: it listens. */
async function openPage(url: string) {
  const socket = new WebSocket(url);
  const texts: string[] = [];
  const waiting = new Map<string, () => void>();
  socket.addEventListener('message', ({ data }) => {
    const text = String(data);
    texts.push(text);
    for (const [part, resolve] of waiting) if (text.includes(part)) resolve();
  });
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  const closed = new Promise((resolve) => socket.addEventListener('close', resolve));
  return {
    texts,
    /** Waits for a message that holds a text. */
    heard: (part: string) => new Promise<void>((resolve) => waiting.set(part, resolve)),
    close: async () => {
      socket.close();
      await closed;
    },
  };
}

describe('Stately’s inspector over a socket', () => {
  it('hands everything on to the page, in order', async () => {
    const { server, url } = await startServer();
    const page = await openPage(url);
    const [beginning, end] = [page.heard('the beginning'), page.heard('the end')];
    const inspector = createWebSocketInspector({ url, ...options });
    inspector.actor('the beginning');
    await beginning;
    await runAllMachines(inspector.inspect);
    await written();
    inspector.actor('the end');
    await end;
    const events = page.texts.slice(1, -1).map((text) => untyped<Sent>(text));
    expect(definitionsIn(events)).toEqual(machineIds);
    expect(events[0]).toMatchObject({ type: '@xstate.actor', name: 'service' });
    expect(events.filter(({ type }) => type === '@xstate.snapshot').at(-1)).toMatchObject({ snapshot: { status: expect.stringMatching(/done|stopped/) } });
    for (const text of page.texts) expectNoSecrets(text);
    inspector.stop();
    await page.close();
    server.stop();
  });
});
