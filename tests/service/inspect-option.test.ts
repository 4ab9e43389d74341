import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InspectionEvent } from 'xstate';
import { ServiceClient, type ServiceClientOptions } from '../../src/index.js';
import { inspectedBy, resolveInspect } from '../../src/service/inspect-option.js';
import { scriptedService } from '../support/clients.js';
import { Gathered } from '../support/inspection/gathered.js';
import { refusalOf } from '../support/codec.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinkerjs-inspect-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What the first event of each of these was: of whom, of which type. */
function observer() {
  const events: InspectionEvent[] = [];
  return { events, next: (event: InspectionEvent) => void events.push(event) };
}

describe('the option inspect', () => {
  it('takes watchers, recordings, observers, functions, and arrays of them with gaps', () => {
    const [watcher, seen] = [new Gathered(), observer()];
    expect(resolveInspect(undefined, {})).toEqual({ observers: [], watchers: [] });
    expect(resolveInspect([], {})).toEqual({ observers: [], watchers: [] });
    expect(resolveInspect(watcher, {})).toEqual({ observers: [], watchers: [watcher] });
    const several = resolveInspect([undefined, watcher, seen, seen.next, { file: join(folder, 'run.jsonl') }, undefined], {});
    expect([several.observers.length, several.watchers.length, several.watchers[0]]).toEqual([2, 2, watcher]);
  });

  it.each([[null], [5], ['file.jsonl'], [true], [{}], [{ next: 5 }], [{ watch: 5 }], [{ file: 5 }], [[5]], [[[() => undefined]]]])('refuses %j', (given) => {
    expect(refusalOf(() => resolveInspect(given, {}))).toMatchObject({ kind: 'validation', field: 'inspect', message: expect.stringContaining('an xstate observer with a next function') });
  });

  it('refuses recordings that cannot be, naming the option', () => {
    expect(refusalOf(() => resolveInspect({ file: folder }, {}))).toMatchObject({ kind: 'validation', field: 'inspect.file' });
    expect(refusalOf(() => resolveInspect({ file: join(folder, 'a'), maxFiles: 1 }, {}))).toMatchObject({ kind: 'validation', field: 'inspect.maxFiles' });
  });

  it('is joined by what the environment asks for', () => {
    const watcher = new Gathered();
    const counts = (env: Record<string, string>) => resolveInspect(watcher, env).watchers.length;
    expect(['1', 'true', 'YES', 'on'].map((TINKERJS_INSPECT) => counts({ TINKERJS_INSPECT }))).toEqual([2, 2, 2, 2]);
    expect(['', '0', 'false', '2', '11'].map((TINKERJS_INSPECT) => counts({ TINKERJS_INSPECT }))).toEqual([1, 1, 1, 1, 1]);
    expect(counts({ TINKERJS_INSPECT_FILE: '' })).toBe(1);
    expect(counts({ TINKERJS_INSPECT: '1', TINKERJS_INSPECT_FILE: join(folder, 'run.jsonl') })).toBe(3);
    expect(refusalOf(() => resolveInspect(undefined, { TINKERJS_INSPECT_FILE: folder }))).toMatchObject({
      kind: 'validation', field: 'TINKERJS_INSPECT_FILE', message: expect.stringContaining('expected the path of a file'),
    });
  });
});

describe('the observers of a service', () => {
  it('are none where nobody looks on, so that no events are made', () => {
    expect(inspectedBy([])).toEqual({});
  });

  it('all hear of everything, from the root on, beside watchers', async () => {
    const [one, two, watcher] = [observer(), observer(), new Gathered()];
    const { environment, service } = scriptedService({ inspect: [one, watcher, two.next] });
    await service.createLoraTrainingClient({ baseModel: 'base' });
    environment.clock.increment(100);
    await service.close();
    expect(one.events.length).toBeGreaterThan(20);
    expect(two.events.length).toBe(one.events.length);
    expect(one.events[0]).toBe(two.events[0]);
    expect([one.events[0]?.type, one.events[0]?.rootId]).toEqual(['@xstate.actor', service.actor.sessionId]);
    expect(watcher.newest('actor').map(({ machine }) => machine)).toEqual(expect.arrayContaining(['service', 'session', 'training']));
    expect(watcher.newest('chart').map(({ key }) => key)).toEqual(expect.arrayContaining(['service', 'session', 'training']));
  });

  it('hear as much when there is but one', async () => {
    const one = observer();
    const { service } = scriptedService({ inspect: one });
    await service.close();
    expect(one.events[0]?.type).toBe('@xstate.actor');
  });
});

describe('a recording that the options ask for', () => {
  it('is there when the service is closed', async () => {
    const file = join(folder, 'run.jsonl');
    const { environment, service } = scriptedService({ inspect: { file } });
    await service.getServerCapabilities();
    environment.clock.increment(100);
    await service.close();
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    const types = lines.slice(1).map((line): unknown => JSON.parse(line)).map((record) => (typeof record === 'object' && record !== null && 'type' in record ? record.type : undefined));
    expect(types).toEqual(expect.arrayContaining(['service', 'operation', 'actor', 'chart']));
  });

  it('is refused before anything is opened', () => {
    const options: ServiceClientOptions = { baseUrl: 'http://scripted.test', apiKey: 'tml-key', inspect: { file: folder } };
    expect(refusalOf(() => new ServiceClient(options))).toMatchObject({ kind: 'validation', field: 'inspect.file' });
  });
});
