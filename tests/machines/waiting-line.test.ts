import { describe, expect, it } from '@jest/globals';
import { WaitingLine } from '../../src/machines/waiting-line.js';

/** A store that counts the items that are copied out of it or written into it. */
class CountingStore extends Array<number> {
  static copied = 0;

  override push(...items: number[]): number {
    CountingStore.copied += items.length;
    return super.push(...items);
  }

  override slice(start?: number, end?: number): number[] {
    const items = super.slice(start, end);
    CountingStore.copied += items.length;
    return items;
  }
}

/** Items copied while this many are added and then all are taken. */
function copiedFor(count: number): number {
  CountingStore.copied = 0;
  let line = new WaitingLine<number>(new CountingStore());
  for (let item = 0; item < count; item += 1) line = line.added(item);
  for (let item = 0; item < count; item += 1) {
    if (line.first !== item) throw new Error(`${String(line.first)} is first, and not ${item}`);
    line = line.rest();
  }
  expect(line.length).toBe(0);
  return CountingStore.copied;
}

const items = <A>(line: WaitingLine<A>): readonly A[] => [...line];

describe('WaitingLine', () => {
  it('keeps the order', () => {
    const line = new WaitingLine<string>().added('a').added('b').added('c');
    expect([line.first, line.length, items(line)]).toEqual(['a', 3, ['a', 'b', 'c']]);
    expect(items(line.rest())).toEqual(['b', 'c']);
    expect(items(line.rest().added('d'))).toEqual(['b', 'c', 'd']);
  });

  it('is empty at first, and when all are taken', () => {
    for (const line of [new WaitingLine<string>(), new WaitingLine(['a']).rest(), new WaitingLine(['a']).rest().rest()]) {
      expect([line.first, line.length, items(line)]).toEqual([undefined, 0, []]);
    }
  });

  it('does not change when others come from it', () => {
    const line = new WaitingLine(['a', 'b']);
    const taken = line.rest();
    const one = line.added('c');
    const other = line.added('d');
    const third = taken.added('e');
    expect([line, taken, one, other, third].map(items)).toEqual([['a', 'b'], ['b'], ['a', 'b', 'c'], ['a', 'b', 'd'], ['b', 'e']]);
  });

  it('lets any of those that wait go', () => {
    const line = new WaitingLine(['a', 'b', 'c']).rest().added('d');
    expect(['b', 'c', 'd', 'e'].map((item) => items(line.without(item)))).toEqual([['c', 'd'], ['b', 'd'], ['b', 'c'], ['b', 'c', 'd']]);
    expect(items(line)).toEqual(['b', 'c', 'd']);
  });

  it('finds the first that is asked for among those that wait', () => {
    const line = new WaitingLine(['a1', 'a2', 'b1']).rest();
    line.added('c1');
    expect(['a', 'b', 'c'].map((letter) => line.find((item) => item.startsWith(letter)))).toEqual(['a2', 'b1', undefined]);
  });

  it('shows how many wait, and the first hundred', () => {
    expect(JSON.stringify({ queue: new WaitingLine(['a', 'b', 'c']).rest() })).toBe('{"queue":{"waiting":2,"first":["b","c"]}}');
    const numbers = Array.from({ length: 10_000 }, (_, index) => index);
    expect(new WaitingLine(numbers).rest().toJSON()).toEqual({ waiting: 9_999, first: numbers.slice(1, 101) });
    // A line that was added to afterwards shares the memory of the shorter one.
    const short = new WaitingLine(['a']);
    short.added('b');
    expect(short.toJSON()).toEqual({ waiting: 1, first: ['a'] });
  });

  it('differs from a line of others', () => {
    expect({ queue: new WaitingLine(['a']) }).not.toMatchObject({ queue: new WaitingLine(['b']) });
    expect({ queue: new WaitingLine(['a']) }).toMatchObject({ queue: new WaitingLine(['b', 'a']).rest() });
  });

  it.each([10, 1_000, 100_000])('copies each of %i items at most twice, however many wait', (count) => {
    expect(copiedFor(count)).toBeLessThanOrEqual(2 * count);
  });

  it('takes and adds in turn without copying more', () => {
    CountingStore.copied = 0;
    let line = new WaitingLine<number>(new CountingStore());
    for (let item = 0; item < 1_000; item += 1) line = line.added(item);
    for (let item = 1_000; item < 11_000; item += 1) line = line.rest().added(item);
    expect([line.first, line.length]).toEqual([10_000, 1_000]);
    expect(CountingStore.copied).toBeLessThanOrEqual(3 * 11_000);
  });
});
