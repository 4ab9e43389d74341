import { describe, expect, it } from '@jest/globals';
import type { OperationRecord, Phase } from '../../../src/inspection/records.js';
import { headlineOf, percentsOf } from '../../../src/inspector/model/where-headline.js';
import { whereTimeGoes, type WhereTimeGoes } from '../../../src/inspector/model/where-time-goes.js';
import { madeOperations } from '../../support/inspection/made-records.js';

const nothing = { programMs: 0, clientMs: 0, networkMs: 0, serverMs: 0, pausedMs: 0 };

function operation(calledAt: number, phases: readonly Phase[], endedAt?: number): OperationRecord {
  return {
    type: 'operation', service: 's', key: `${calledAt}`, at: calledAt, kind: 'forwardBackward', group: 'training', client: 'm',
    status: endedAt === undefined ? 'polling' : 'done', calledAt, phases, marks: [], ...(endedAt !== undefined && { endedAt }),
  };
}

function sumOf({ programMs, clientMs, networkMs, serverMs, pausedMs }: WhereTimeGoes): number {
  return programMs + clientMs + networkMs + serverMs + pausedMs;
}

/** The same by looking at every millisecond. */
function looked(operations: readonly OperationRecord[], from: number, to: number): WhereTimeGoes {
  const where = { ...nothing };
  for (let at = from; at < to; at += 1) {
    const open = operations.flatMap(({ calledAt, endedAt = to, phases }) =>
      at < calledAt || at >= endedAt ? [] : [phases.findLast(({ ms }) => calledAt + ms <= at)?.name ?? 'queued'],
    );
    if (open.includes('waiting')) where.serverMs += 1;
    else if (open.includes('paused')) where.pausedMs += 1;
    else if (open.includes('sending')) where.networkMs += 1;
    else if (open.length > 0) where.clientMs += 1;
    else where.programMs += 1;
  }
  return where;
}

describe('where time goes', () => {
  const whole = operation(
    100,
    [{ name: 'queued', ms: 0 }, { name: 'encoding', ms: 10 }, { name: 'sending', ms: 30 }, { name: 'paused', ms: 80 }, { name: 'waiting', ms: 200 }, { name: 'downloading', ms: 700 }],
    850,
  );

  it('gives each phase to its owner, and the rest to the program', () => {
    expect(whereTimeGoes([whole], 0, 1000)).toEqual({ programMs: 250, clientMs: 80, networkMs: 50, serverMs: 500, pausedMs: 120 });
  });

  it('counts the server before the pause, the pause before the network, the network before the client', () => {
    const during = (name: Phase['name']) => operation(0, [{ name, ms: 0 }], 100);
    expect(whereTimeGoes([during('queued'), during('sending'), during('paused'), during('waiting')], 0, 100)).toEqual({ ...nothing, serverMs: 100 });
    expect(whereTimeGoes([during('queued'), during('sending'), during('paused')], 0, 100)).toEqual({ ...nothing, pausedMs: 100 });
    expect(whereTimeGoes([during('queued'), during('sending')], 0, 100)).toEqual({ ...nothing, networkMs: 100 });
    expect(whereTimeGoes([during('encoding')], 0, 100)).toEqual({ ...nothing, clientMs: 100 });
    expect(whereTimeGoes([during('downloading')], 0, 100)).toEqual({ ...nothing, clientMs: 100 });
  });

  it('counts only what is inside of the window', () => {
    expect(whereTimeGoes([whole], 400, 500)).toEqual({ ...nothing, serverMs: 100 });
    expect(whereTimeGoes([whole], 900, 950)).toEqual({ ...nothing, programMs: 50 });
    expect(whereTimeGoes([whole], 0, 100)).toEqual({ ...nothing, programMs: 100 });
  });

  it('lets an open operation last until now, which is the end of the window unless said', () => {
    const open = operation(0, [{ name: 'waiting', ms: 0 }]);
    expect(whereTimeGoes([open], 0, 100)).toEqual({ ...nothing, serverMs: 100 });
    expect(whereTimeGoes([open], 0, 100, 60)).toEqual({ ...nothing, serverMs: 60, programMs: 40 });
  });

  it('counts as queued what has no phase yet, and what comes before the first', () => {
    expect(whereTimeGoes([operation(0, [])], 0, 100)).toEqual({ ...nothing, clientMs: 100 });
    expect(whereTimeGoes([operation(0, [{ name: 'waiting', ms: 30 }], 100)], 0, 100)).toEqual({ ...nothing, clientMs: 30, serverMs: 70 });
  });

  it('has no time in an empty window', () => {
    expect(whereTimeGoes([whole], 500, 500)).toEqual(nothing);
    expect(whereTimeGoes([whole], 500, 400)).toEqual(nothing);
  });

  it('agrees with a look at every millisecond, and adds up exactly', () => {
    const operations = madeOperations({ operations: 150 });
    const from = operations[0]?.calledAt ?? 0;
    for (const [begin, end] of [[0, 40_000], [17_311, 123_457], [-500, 100]] as const) {
      const where = whereTimeGoes(operations, from + begin, from + end);
      expect(where).toEqual(looked(operations, from + begin, from + end));
      expect(sumOf(where)).toBe(end - begin);
    }
  });

  it('adds up exactly where phases have fractions of milliseconds', () => {
    const operations = Array.from({ length: 200 }, (_, index) =>
      operation(index * 7.3, [{ name: 'queued', ms: 0 }, { name: 'sending', ms: 0.1 }, { name: 'waiting', ms: 1.7 }], index * 7.3 + 5.9),
    );
    expect(sumOf(whereTimeGoes(operations, 0, 1400))).toBe(1400);
  });
});

describe('the headline', () => {
  it('names the server with its percents', () => {
    expect(headlineOf({ ...nothing, serverMs: 910, programMs: 90 })).toEqual({
      who: 'server', percent: 91, number: 'Server 91 %', sentence: 'The server was working on something 91 % of this time.',
    });
  });

  it('counts a pause as the server’s, and says so', () => {
    const { number, sentence } = headlineOf({ ...nothing, serverMs: 350, pausedMs: 250, programMs: 400 });
    expect(number).toBe('Server 60 %');
    expect(sentence).toBe('The server was working on something 35 % of this time, and held everything back another 25 %.');
    expect(headlineOf({ ...nothing, pausedMs: 10 }).sentence).toBe('The server held everything back 100 % of this time.');
  });

  it('names the program, the network and the client', () => {
    expect(headlineOf({ ...nothing, programMs: 3, serverMs: 1 }).number).toBe('Your program 75 %');
    expect(headlineOf({ ...nothing, networkMs: 3, serverMs: 1 }).number).toBe('Network 75 %');
    expect(headlineOf({ ...nothing, clientMs: 3, serverMs: 1 }).number).toBe('tinkerjs 75 %');
  });

  it('names nobody where there is no time', () => {
    expect(headlineOf(nothing)).toEqual({ who: 'none', percent: 0, number: '–', sentence: 'Nothing has happened yet.' });
  });

  it('has percents that add up to 100', () => {
    expect(percentsOf({ programMs: 1, clientMs: 1, networkMs: 1, serverMs: 0, pausedMs: 0 })).toEqual({ program: 34, client: 33, network: 33, server: 0, paused: 0 });
    expect(percentsOf(nothing)).toEqual({ program: 0, client: 0, network: 0, server: 0, paused: 0 });
  });
});
