import { describe, expect, it } from '@jest/globals';
import { ProtoMessage } from '../../src/wire/proto-message.js';
import { ProtoWriter } from '../../src/wire/proto-writer.js';
import { fromHex } from '../support/hex.js';

function written(write: (out: ProtoWriter) => void): Uint8Array {
  const out = new ProtoWriter();
  write(out);
  return out.finish();
}

const read = (hex: string) => new ProtoMessage(fromHex(hex));

describe('a protobuf message', () => {
  it('has its fields by number, in whatever order they came', () => {
    const received = new ProtoMessage(written((out) => {
      out.double(5, -1.5);
      out.varint(17, 300);
      out.message(3, () => out.text(1, 'ä'));
      out.text(1, 'x');
      out.message(3, () => undefined);
    }));
    expect(received.double(5)).toBe(-1.5);
    expect(received.integer(17)).toBe(300);
    expect(received.text(1)).toBe('x');
    expect(received.messages(3).map((one) => one.text(1))).toEqual(['ä', '']);
  });

  it('has defaults for what is absent', () => {
    const received = read('');
    expect([received.integer(1), received.double(1), received.text(1)]).toEqual([0, 0, '']);
    expect(received.bytes(1)).toEqual(new Uint8Array(0));
    expect([received.integers(1), received.messages(1)]).toEqual([[], []]);
  });

  it('takes the last of a field that came several times', () => {
    expect(read('0801 0802').integer(1)).toBe(2);
  });

  it('gives bytes as views of what was received', () => {
    const whole = written((out) => out.text(2, 'abc'));
    const part = new ProtoMessage(whole).bytes(2);
    expect(part).toEqual(fromHex('616263'));
    expect(part.buffer).toBe(whole.buffer);
  });

  it('reads whole numbers of 64 bits, negative ones too', () => {
    expect(read('08ffffffffffffff0f').integer(1)).toBe(Number.MAX_SAFE_INTEGER);
    expect(read('08ffffffffffffffffff01').integer(1)).toBe(-1);
  });

  it('reads repeated numbers, packed and not', () => {
    expect(read('220301ac02 2002').integers(4)).toEqual([1, 300, 2]);
  });

  it('leaves a byte order mark in a text', () => {
    expect(read('0a04efbbbf61').text(1)).toBe('\ufeffa');
  });

  it('passes over fields that nobody asks for, of every kind', () => {
    expect(read('0d00000000 1100000000000000f0 1a0161 2005 2b30012c 0802').integer(1)).toBe(2);
  });
});

describe('bytes that are no message', () => {
  it.each([
    ['end within a number', '08ff', 'premature EOF'],
    ['end within a field', '0a0561', 'premature EOF'],
    ['end within a tag', '80', 'premature EOF'],
    ['have a number that is too long', '08ffffffffffffffffffff01', 'invalid varint'],
    ['have a length that is too long', '0affffffffff01', 'premature EOF'],
    ['end within a group', '0b', 'premature EOF'],
    ['have a kind of field that there is not', '0f', 'illegal tag: field no 1 wire type 7'],
  ])('are refused when they %s', (_, hex, why) => {
    expect(() => read(hex)).toThrow(why);
  });

  it('are refused where a field is of another kind', () => {
    const [number, some] = [read('0801'), read('0a0161')];
    const why = new Error('field 1 is not of the kind that it should be');
    expect(() => some.integer(1)).toThrow(why);
    expect(() => some.double(1)).toThrow(why);
    expect(() => number.text(1)).toThrow(why);
    expect(() => number.messages(1)).toThrow(why);
  });

  it('are refused where a text is not UTF-8', () => {
    expect(() => read('0a01ff').text(1)).toThrow(/utf-8/i);
  });
});
