import { describe, expect, it } from '@jest/globals';
import { ago, bytes, counted, dateAndTime, duration, shortId, timeOfDay, whole, wholeDuration } from '../../../src/inspector/model/format.js';

/** Thin spaces are as good as spaces here. */
const plain = (text: string) => text.replaceAll('\u202f', ' ');
const minute = 60_000;
const hour = 60 * minute;

describe('format', () => {
  it.each([
    [0, '0 ms'], [-5, '0 ms'], [83.6, '84 ms'], [999.4, '999 ms'], [999.6, '1.0 s'], [3210, '3.2 s'], [9949, '9.9 s'], [9960, '9 s'], [59_999, '59 s'],
    [5 * minute + 7000, '5 min 07 s'], [3 * hour + 12 * minute, '3 h 12 min'], [102 * hour, '4 d 6 h'], [Number.NaN, '–'],
  ])('says %p ms as %p', (ms, text) => expect(plain(duration(ms))).toBe(text));

  it('says durations that tick in whole seconds', () => expect(['0 s', '1 s']).toEqual([999, 1999].map(wholeDuration).map(plain)));

  it.each([[1000, 1500, 'just now'], [1000, 4000, '3 s ago'], [hour * 2, 0, 'in 2 h 00 min'], [1500, 1000, 'just now']])('says %p at %p as %p', (at, now, text) =>
    expect(plain(ago(at, now))).toBe(text),
  );

  it.each([[0, '0 B'], [512, '512 B'], [999, '999 B'], [1000, '1.0 kB'], [431_000, '431 kB'], [99_960, '100 kB'], [63_120_000, '63.1 MB'], [999_600, '1.0 MB'], [2e18, '2000 PB']])(
    'says %p bytes as %p',
    (count, text) => expect(plain(bytes(count))).toBe(text),
  );

  it.each([[0, '0'], [999, '999'], [1000, '1 000'], [1_234_567, '1 234 567'], [-1234, '-1 234']])('says %p as %p', (count, text) => expect(plain(whole(count))).toBe(text));

  it('counts one and many', () => {
    expect([counted(1, 'sample'), counted(2, 'sample'), counted(2, 'expires', 'expire')]).toEqual(['1 sample', '2 samples', '2 expire']);
  });

  it('says moments by the clock of the reader', () => {
    const at = new Date(2026, 2, 1, 4, 3, 9).getTime();
    expect([timeOfDay(at), dateAndTime(at)]).toEqual(['04:03:09', '2026-03-01 04:03:09']);
  });

  it('keeps the end of long ids', () => {
    expect(shortId('6f1c2a7e:train:0')).toBe('6f1c2a7e:train:0');
    expect(shortId('0123456789', 5)).toBe('…6789');
  });
});
