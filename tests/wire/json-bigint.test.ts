import { describe, expect, it } from '@jest/globals';
import { writeJsonLossless } from '../../src/wire/json-bigint.js';
import { readJsonLossless } from '../../src/wire/read-json-bigint.js';

describe('readJsonLossless', () => {
  it('reads small numbers as numbers, in whatever notation', () => {
    expect(readJsonLossless('{"a":[1,-2,0.5,1e3,null],"b":"x"}')).toEqual({ a: [1, -2, 0.5, 1000, null], b: 'x' });
  });

  it('keeps whole numbers that doubles would round', () => {
    expect(readJsonLossless('{"seed":18446744073709551615,"seq_id":9007199254740993,"low":-9007199254740993,"fits":9007199254740991}')).toEqual({
      seed: 18446744073709551615n,
      seq_id: 9007199254740993n,
      low: -9007199254740993n,
      fits: 9007199254740991,
    });
  });

  it('reads long fractions and powers as the nearest numbers', () => {
    expect(readJsonLossless('[0.12345678901234566,12345678901234567e2]')).toEqual([0.12345678901234566, Number('12345678901234567e2')]);
  });

  it('makes no number of more than 40 digits digit for digit', () => {
    expect(readJsonLossless(`[${'9'.repeat(40)},${'9'.repeat(41)},${'9'.repeat(400)}]`)).toEqual([10n ** 40n - 1n, 1e41, Infinity]);
  });

  it('takes the last of two fields of one name, as JSON.parse does', () => {
    expect(readJsonLossless('{"a":1,"b":9007199254740993,"a":2}')).toEqual({ a: 2, b: 9007199254740993n });
  });

  it('refuses what is no JSON', () => {
    expect(() => readJsonLossless('{"a":')).toThrow(SyntaxError);
    expect(() => readJsonLossless('{"a":9007199254740993')).toThrow(SyntaxError);
  });
});

describe('writeJsonLossless', () => {
  it('writes what JSON.stringify writes', () => {
    const value = { a: [1, null, 'x'], b: undefined, c: { d: true } };
    expect(writeJsonLossless(value)).toBe('{"a":[1,null,"x"],"c":{"d":true}}');
  });

  it('writes bigints as numbers, digit for digit', () => {
    expect(writeJsonLossless({ seed: 18446744073709551615n, stop: ['ä'], left: undefined })).toBe('{"seed":18446744073709551615,"stop":["ä"]}');
  });

  it('writes all else beside bigints as JSON.stringify does', () => {
    const rest = { list: [1, -0.5, null, undefined, true, 'a"b'], object: { empty: {}, none: undefined }, text: '\u2028', number: Number.NaN, 'na"me': [] };
    const text = JSON.stringify(rest);
    expect(writeJsonLossless({ big: [-9007199254740993n], ...rest })).toBe(`{"big":[-9007199254740993],${text.slice(1)}`);
  });
});
