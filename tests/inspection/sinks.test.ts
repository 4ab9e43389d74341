import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Sinks } from '../../src/inspection/sinks.js';
import type { RecordSink, WatchedService } from '../../src/inspection/watcher.js';
import { settle } from '../support/simulated.js';
import { untyped } from '../support/untyped.js';

const service: WatchedService = {
  id: 's',
  snapshot: () => ({ service: {}, trainings: {}, samplings: {} }),
  control: () => Promise.resolve(''),
};
const call = { id: 'o', kind: 'sample', group: 'sampling', client: 'c', calledAt: 1 } as const;

let said: jest.SpiedFunction<typeof console.error>;
beforeEach(() => {
  said = jest.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterEach(() => said.mockRestore());

/** Sinks of these, beside one that is sound, and what that one heard. */
function sinksOf(...broken: Partial<RecordSink>[]) {
  const heard: string[] = [];
  const sound: RecordSink = {
    write: (records) => heard.push(`write ${records.length}`),
    called: ({ id }) => heard.push(`called ${id}`),
    headersOf: (id) => ({ 'x-own': id }),
    end: () => {
      heard.push('end');
    },
  };
  const watchers = [...broken, sound].map((sink) => ({ watch: () => ({ write: () => undefined, end: () => undefined, ...sink }) }));
  return { sinks: new Sinks(watchers, service), heard };
}

const thrower = () => {
  throw new Error('broken');
};
const rejecter = () => Promise.reject(new Error('broken'));

describe('Sinks', () => {
  it('tells all of them, and joins their headers', async () => {
    const { sinks, heard } = sinksOf({ headersOf: () => ({ 'x-other': '1' }) }, {});
    sinks.write([]);
    sinks.called(call);
    expect(sinks.headersOf('o')).toEqual({ 'x-other': '1', 'x-own': 'o' });
    await sinks.end();
    expect(heard).toEqual(['write 0', 'called o', 'end']);
    expect(said).not.toHaveBeenCalled();
  });

  it('has no headers where nobody adds any', () => {
    expect(new Sinks([{ watch: () => ({ write: () => undefined, end: () => undefined }) }], service).headersOf('o')).toBeUndefined();
  });

  it.each([
    ['write', thrower],
    ['write', rejecter],
    ['called', thrower],
    ['called', rejecter],
    ['headersOf', thrower],
    ['headersOf', rejecter],
    ['end', thrower],
    ['end', rejecter],
  ] as const)('says once that one is broken, and tells it nothing more: %s', async (name, fails) => {
    const writes: string[] = [];
    const { sinks, heard } = sinksOf({ write: () => { writes.push('told'); }, [name]: fails });
    for (let turn = 0; turn < 3; turn += 1) {
      sinks.write([]);
      sinks.called(call);
      expect(sinks.headersOf('o')).toEqual({ 'x-own': 'o' });
    }
    await settle();
    const before = writes.length;
    sinks.write([]);
    await sinks.end();
    expect(said.mock.calls).toEqual([[expect.stringMatching(/^tinkerjs: what inspects this service threw and is told nothing more: (broken|headersOf gives a promise)/)]]);
    expect(heard.filter((what) => what === 'write 0')).toHaveLength(4);
    expect(heard.at(-1)).toBe('end');
    if (name !== 'end') expect(writes).toHaveLength(before);
  });

  it.each([
    [thrower, 'broken'],
    [() => untyped<RecordSink>('{}'), 'is not a function'],
    [() => Object.assign(rejecter(), { write: () => undefined, end: () => undefined }), 'watch gives a promise'],
  ])('goes on without one that cannot watch', async (watch, message) => {
    const sinks = new Sinks([{ watch }], service);
    sinks.write([]);
    await sinks.end();
    await settle();
    expect(said.mock.calls).toEqual([[expect.stringContaining(message)]]);
  });

  it.each([
    { 'x-bad': 'two\nlines' },
    { 'bad name': 'x' },
    { 'content-type': 'text/plain' },
    { 'X-API-Key': 'another' },
    { 'x-idempotency-key': 'another' },
    { 'transfer-encoding': 'chunked' },
  ])('adds no header that would break a request: %j', (headers) => {
    const { sinks } = sinksOf({ headersOf: () => headers });
    expect(sinks.headersOf('o')).toEqual({ 'x-own': 'o' });
    expect(said).toHaveBeenCalledTimes(1);
    expect(said.mock.calls[0]?.[0]).not.toMatch(/another|two/);
  });

  it('waits for all ends', async () => {
    let release: () => void = () => undefined;
    const ending = new Promise<void>((resolve) => (release = resolve));
    const { sinks } = sinksOf({ end: () => ending });
    const state = { ended: false };
    const end = sinks.end().then(() => (state.ended = true));
    await settle();
    expect(state.ended).toBe(false);
    release();
    await end;
    expect(state.ended).toBe(true);
  });
});
