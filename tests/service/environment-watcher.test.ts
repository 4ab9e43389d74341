import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { InspectionRecord } from '../../src/inspection/records.js';
import type { RecordSink, WatchedService, Watcher } from '../../src/inspection/watcher.js';
import { environmentInspector } from '../../src/inspector/environment.js';
import { environmentWatcher } from '../../src/service/environment-watcher.js';
import { Gathered } from '../support/inspection/gathered.js';
import { settle } from '../support/simulated.js';

const service: WatchedService = {
  id: 's',
  snapshot: () => ({ service: {}, trainings: {}, samplings: {} }),
  control: () => Promise.resolve(''),
};
const notice = (text: string): InspectionRecord => ({ type: 'notice', service: 's', key: text, at: 0, level: 'info', text });
const textsOf = (watcher: Gathered) => watcher.tellings.map((records) => records.map(({ key }) => key));

let said: jest.SpiedFunction<typeof console.error>;
beforeEach(() => {
  said = jest.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterEach(() => said.mockRestore());

/** A sink whose inspector comes when the test says so. */
function lateSink() {
  let come: (watcher: Watcher) => void = () => undefined;
  let fail: (reason: unknown) => void = () => undefined;
  const coming = new Promise<Watcher>((resolve, reject) => {
    come = resolve;
    fail = reject;
  });
  const sink: RecordSink = environmentWatcher(() => coming).watch(service);
  return { sink, come: (watcher: Watcher) => come(watcher), fail: (reason: unknown) => fail(reason) };
}

describe('the inspector of the environment', () => {
  it('is told what happened before it was there, in order, and then everything else', async () => {
    const { sink, come } = lateSink();
    const watcher = new Gathered();
    sink.write([notice('a'), notice('b')]);
    sink.write([notice('c')]);
    come(watcher);
    await settle(1);
    expect(watcher.service).toBe(service);
    sink.write([notice('d')]);
    await sink.end();
    expect(textsOf(watcher)).toEqual([['a', 'b', 'c'], ['d']]);
    expect(watcher.ends).toBe(1);
  });

  it('is waited for at the end', async () => {
    const { sink, come } = lateSink();
    const watcher = new Gathered();
    sink.write([notice('a')]);
    const state = { ended: false };
    const end = Promise.resolve(sink.end()).then(() => (state.ended = true));
    await settle();
    expect(state.ended).toBe(false);
    come(watcher);
    await end;
    expect([textsOf(watcher), watcher.ends]).toEqual([[['a']], 1]);
  });

  it.each([
    ['cannot be loaded', (late: ReturnType<typeof lateSink>) => late.fail(new Error('no port'))],
    ['throws at once', (late: ReturnType<typeof lateSink>) => late.come({ watch: () => { throw new Error('no port'); } })],
  ])('is said so once when it %s, and nothing breaks', async (_, break_) => {
    const late = lateSink();
    late.sink.write([notice('a')]);
    break_(late);
    await settle(1);
    late.sink.write([notice('b')]);
    await late.sink.end();
    expect(said.mock.calls).toEqual([['tinkerjs: the inspector that TINKERJS_INSPECT asks for could not be started: no port']]);
  });
});

describe('the inspector of the environment itself', () => {
  const port = process.env['TINKERJS_INSPECT_PORT'];
  afterEach(() => {
    if (port === undefined) delete process.env['TINKERJS_INSPECT_PORT'];
    else process.env['TINKERJS_INSPECT_PORT'] = port;
  });

  it('is said to be wrong when its port is none', async () => {
    process.env['TINKERJS_INSPECT_PORT'] = 'none';
    const sink = environmentWatcher().watch(service);
    await sink.end();
    expect(said.mock.calls).toEqual([[expect.stringContaining('TINKERJS_INSPECT_PORT: got "none"')]]);
  });

  it('is the page of this process', async () => {
    process.env['TINKERJS_INSPECT_PORT'] = '0';
    const sink = environmentWatcher().watch(service);
    sink.write([notice('a')]);
    await sink.end();
    const inspector = await environmentInspector();
    expect(new URL(inspector.url).hostname).toBe('127.0.0.1');
    await inspector.close();
  });
});
