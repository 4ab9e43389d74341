import { describe, expect, it } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import { WorkTable, type Work } from '../../src/machines/work.js';

function work(requestType: string): Work {
  return {
    requestType,
    send: () => Promise.resolve(E.right(requestType)),
    receive: () => E.right(undefined),
    releaseBodies: () => undefined,
  };
}

describe('WorkTable', () => {
  it('keeps what is open under its key', () => {
    const table = new WorkTable();
    const one = work('OptimStep');
    table.add('a', one);
    table.add('b', work('Forward'));
    expect(table.get('a')).toBe(one);
    expect(table.get('c')).toBeUndefined();
    expect(table.size).toBe(2);
    table.remove('a');
    expect(table.get('a')).toBeUndefined();
    expect(table.size).toBe(1);
  });

  it('knows how long the submission of each part took while the request is open', () => {
    const table = new WorkTable();
    table.noteRoundTrip('a', 0, 5);
    table.add('a', work('Forward'));
    expect(table.roundTripOf('a', 0)).toBeUndefined();
    table.noteRoundTrip('a', 0, 10);
    table.noteRoundTrip('a', 1, 20);
    expect([0, 1, 2].map((part) => table.roundTripOf('a', part))).toEqual([10, 20, undefined]);
    table.remove('a');
    expect(table.roundTripOf('a', 0)).toBeUndefined();
  });

  it('knows how often a request was sent and asked for, and what was heard last, while it is open', () => {
    const table = new WorkTable();
    table.noteAsked('a', 'attempts');
    table.noteAnswer('a', 503);
    table.noteQueueState('a', 'active', undefined);
    expect(table.factsOf('a')).toEqual({});
    table.add('a', work('Forward'));
    table.noteAsked('a', 'attempts');
    table.noteAnswer('a', 503);
    expect(table.factsOf('a')).toEqual({ attempts: 1, status: 503 });
    table.noteAsked('a', 'attempts');
    table.noteAsked('a', 'polls');
    table.noteAnswer('a', undefined);
    table.noteQueueState('a', 'paused_capacity', 'full');
    expect(table.factsOf('a')).toEqual({ attempts: 2, polls: 1, status: 503, queueState: 'paused_capacity', queueStateReason: 'full' });
    table.remove('a');
    expect(table.factsOf('a')).toEqual({});
  });

  it('gives back the room of a part once', () => {
    const table = new WorkTable();
    const given: string[] = [];
    table.add('a', work('Forward'));
    table.holdRoom('a', 0, () => given.push('a0'));
    table.holdRoom('a', 1, () => given.push('a1'));
    expect(given).toEqual([]);
    table.giveBackRoom('a', 1);
    table.giveBackRoom('a', 1);
    table.giveBackRoom('a', 2);
    table.giveBackRoom('b', 0);
    expect(given).toEqual(['a1']);
    table.giveBackRoom('a', 0);
    table.giveBackRoom('a', 0);
    expect(given).toEqual(['a1', 'a0']);
  });

  it('gives back all room of a request that it forgets, and only of that one', () => {
    const table = new WorkTable();
    const given: string[] = [];
    table.add('a', work('Forward'));
    table.add('b', work('Forward'));
    table.holdRoom('a', 0, () => given.push('a0'));
    table.holdRoom('b', 0, () => given.push('b0'));
    table.holdRoom('a', 3, () => given.push('a3'));
    table.remove('a');
    table.remove('a');
    expect(given).toEqual(['a0', 'a3']);
    table.remove('b');
    expect(given).toEqual(['a0', 'a3', 'b0']);
    expect(table.size).toBe(0);
  });

  it('gives room back at once when nobody waits for the result any more', () => {
    const table = new WorkTable();
    const given: string[] = [];
    table.holdRoom('a', 0, () => given.push('a0'));
    expect(given).toEqual(['a0']);
    table.giveBackRoom('a', 0);
    expect(given).toEqual(['a0']);
  });
});
