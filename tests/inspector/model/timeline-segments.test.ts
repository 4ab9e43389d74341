import { describe, expect, it } from '@jest/globals';
import { endOf, phaseTotals, segmentsOf } from '../../../src/inspector/model/timeline-segments.js';
import { operationOf } from '../../support/inspection/operation-of.js';

describe('segments of an operation', () => {
  it('last until the next phase begins, and the last one until the end', () => {
    const done = operationOf({ calledAt: 100, endedAt: 190, phases: [{ name: 'queued', ms: 0 }, { name: 'sending', ms: 20 }, { name: 'waiting', ms: 50 }] });
    expect(segmentsOf(done, 1000)).toEqual([
      { name: 'queued', from: 100, to: 120 },
      { name: 'sending', from: 120, to: 150 },
      { name: 'waiting', from: 150, to: 190 },
    ]);
  });

  it('grow with the present while the operation is open, and keep why it is paused', () => {
    const open = operationOf({ calledAt: 100, phases: [{ name: 'paused', ms: 0, reason: 'rate limit' }] });
    expect(segmentsOf(open, 400)).toEqual([{ name: 'paused', from: 100, to: 400, reason: 'rate limit' }]);
    expect(endOf(open, 400)).toBe(400);
  });

  it('leave out phases without length, the last of an open operation excepted', () => {
    const phases = [{ name: 'queued', ms: 0 }, { name: 'encoding', ms: 0 }, { name: 'sending', ms: 5 }] as const;
    expect(segmentsOf(operationOf({ calledAt: 10, phases }), 15).map(({ name }) => name)).toEqual(['encoding', 'sending']);
  });

  it('never end before they begin, though the clock of the page is behind', () => {
    const open = operationOf({ calledAt: 100, phases: [{ name: 'queued', ms: 0 }, { name: 'waiting', ms: 50 }] });
    expect(endOf(open, 20)).toBe(150);
    expect(segmentsOf(open, 20)).toEqual([{ name: 'queued', from: 100, to: 150 }, { name: 'waiting', from: 150, to: 150 }]);
  });

  it('add up by phase', () => {
    const phases = [{ name: 'waiting', ms: 0 }, { name: 'paused', ms: 10 }, { name: 'waiting', ms: 30 }] as const;
    expect([...phaseTotals(operationOf({ calledAt: 0, endedAt: 100, phases }), 0)]).toEqual([['waiting', 80], ['paused', 20]]);
  });
});
