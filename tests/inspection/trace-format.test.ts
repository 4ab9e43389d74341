import { describe, expect, it } from '@jest/globals';
import { traceEvents, type TraceEvent } from '../../src/inspection/trace-export.js';
import { madeRecords } from '../support/inspection/made-records.js';

const records = [...madeRecords({ operations: 900, closed: true }), ...madeRecords({ operations: 300, seed: 2, service: 'service-2' })];
const events: readonly TraceEvent[] = JSON.parse(JSON.stringify([...traceEvents(records)]));

/** Slices of each track, in the order in which readers put them: outer before inner. */
function tracks(): TraceEvent[][] {
  const found = new Map<string, TraceEvent[]>();
  for (const event of events) {
    if (event.ph !== 'X') continue;
    const name = `${event.pid} ${event.tid}`;
    const track = found.get(name) ?? [];
    track.push(event);
    found.set(name, track);
  }
  return [...found.values()].map((track) => track.sort((left, right) => left.ts - right.ts || (right.dur ?? 0) - (left.dur ?? 0)));
}

const endOf = ({ ts, dur = Number.NaN }: TraceEvent) => ts + dur;

/** Colours that the readers name. */
const colours = ['grey', 'thread_state_running', 'rail_load', 'thread_state_iowait', 'bad', 'rail_response', 'terrible'];

describe('the trace of a run', () => {
  it('has every operation of it once', () => {
    const operations = records.filter(({ type }) => type === 'operation').length;
    expect(operations).toBe(1_200);
    expect(events.filter(({ cat }) => cat === 'operation')).toHaveLength(operations);
  });

  it('has slices that hold each other or do not meet, on every track', () => {
    const crossing: TraceEvent[] = [];
    for (const track of tracks()) {
      const open: TraceEvent[] = [];
      for (const slice of track) {
        while (open.some((outer) => outer === open.at(-1) && endOf(outer) <= slice.ts)) open.pop();
        const outer = open.at(-1);
        if (outer !== undefined && endOf(slice) > endOf(outer)) crossing.push(slice);
        open.push(slice);
      }
    }
    expect(crossing).toEqual([]);
    expect(tracks().length).toBeGreaterThan(60);
  });

  it('has operations on the outside and phases directly inside', () => {
    const depths = new Set<string>();
    for (const track of tracks()) {
      const open: TraceEvent[] = [];
      for (const slice of track) {
        while (open.some((outer) => outer === open.at(-1) && endOf(outer) <= slice.ts)) open.pop();
        open.push(slice);
        depths.add(`${slice.cat} ${open.length}`);
      }
    }
    expect([...depths].sort()).toEqual(['operation 1', 'phase 2']);
  });

  it('has whole, positive microseconds, and lengths for slices alone', () => {
    const wrong = events.filter(({ ph, ts, dur }) => !Number.isSafeInteger(ts) || ts < 0 || (ph === 'X') !== (dur !== undefined && Number.isSafeInteger(dur) && dur >= 0));
    expect(wrong).toEqual([]);
  });

  it('has numbers in counters, a width for instants, known colours, and names for every track', () => {
    const named = new Set(events.filter(({ name }) => name === 'thread_name').map(({ pid, tid }) => `${pid} ${tid}`));
    const wrong = events.filter(({ ph, args, s, cname, pid, tid }) => {
      if (ph === 'C' && !Object.values(args ?? {}).every((value) => typeof value === 'number' && Number.isFinite(value))) return true;
      if ((ph === 'i') !== (s !== undefined)) return true;
      if (cname !== undefined && !colours.includes(cname)) return true;
      return tid > 0 && !named.has(`${pid} ${tid}`);
    });
    expect(wrong).toEqual([]);
    expect(new Set(events.map(({ ph }) => ph))).toEqual(new Set(['X', 'i', 'C', 'M']));
  });
});
