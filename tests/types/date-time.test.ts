import { describe, expect, it } from '@jest/globals';
import { DateTime, DateTimeOrUnix, formatDateTime, parseDateTime } from '../../src/types/date-time.js';
import { assertDecodes, assertRejects, assertStandsFor } from '../support/codec.js';

const moment = new Date(Date.UTC(2026, 6, 13, 5, 6, 7));

describe('parseDateTime', () => {
  it.each([
    ['2026-07-13T05:06:07Z', moment],
    ['2026-07-13T05:06:07', moment],
    ['2026-07-13 05:06:07', moment],
    ['2026-07-13T07:06:07+02:00', moment],
    ['2026-07-13T05:06:07.794263', new Date(moment.getTime() + 794)],
    ['2026-07-13T05:06', new Date(Date.UTC(2026, 6, 13, 5, 6))],
  ])('reads %s, in UTC where it names no zone', (text, date) => {
    expect(parseDateTime(text)).toEqual(date);
  });

  it.each(['', '2026-07-13', 'yesterday', '2026-13-01T00:00:00Z', '1752383167'])('does not take %s for a date with a time', (text) => {
    expect(parseDateTime(text)).toBeUndefined();
  });
});

describe('formatDateTime', () => {
  it('writes UTC, with six digits of a second only where they are not zero', () => {
    expect(formatDateTime(moment)).toBe('2026-07-13T05:06:07Z');
    expect(formatDateTime(new Date(moment.getTime() + 45))).toBe('2026-07-13T05:06:07.045000Z');
  });
});

describe('DateTime', () => {
  it('stands for a date', () => {
    assertStandsFor(DateTime, moment, '"2026-07-13T05:06:07Z"');
    expect([DateTime.is(moment), DateTime.is(new Date(Number.NaN)), DateTime.is('2026-07-13T05:06:07Z')]).toEqual([true, false, false]);
  });

  it.each([
    ['"soon"', 'the body: got "soon", expected an ISO 8601 date with a time'],
    ['7', 'the body: got 7, expected an ISO 8601 date with a time'],
  ])('refuses %s', (text, report) => {
    assertRejects(DateTime, JSON.parse(text), report);
  });
});

describe('DateTimeOrUnix', () => {
  it.each([
    ['seconds', moment.getTime() / 1000],
    ['milliseconds', moment.getTime()],
    ['text', '2026-07-13T05:06:07Z'],
  ])('reads %s', (_, wire) => {
    assertDecodes(DateTimeOrUnix, wire, moment);
  });

  it('writes text', () => {
    expect([DateTimeOrUnix.encode(moment), DateTimeOrUnix.is(moment)]).toEqual(['2026-07-13T05:06:07Z', true]);
  });

  it('refuses a number that is no moment', () => {
    assertRejects(DateTimeOrUnix, 1e300, 'the body: got 1e+300, expected a Unix time');
  });
});
