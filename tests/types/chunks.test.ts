import { describe, expect, it } from '@jest/globals';
import { Bytes } from '../../src/types/bytes.js';
import { dmelChunk, imageAssetPointer, imageChunk, ModelInputChunkFromJson } from '../../src/types/chunks.js';
import { dmelLength } from '../../src/types/dmel.js';
import { assertRefuses, assertRejects, assertStandsFor, untyped } from '../support/codec.js';

const image = untyped(imageChunk);
const pointer = untyped(imageAssetPointer);
const dmel = untyped(dmelChunk);

describe('imageChunk', () => {
  it('takes bytes as they are, and base64 text', () => {
    const data = Uint8Array.of(137, 80, 78, 71);
    const chunk = imageChunk({ data, format: 'png' });
    expect(chunk).toStrictEqual({ data, format: 'png', type: 'image' });
    expect(chunk.data).toBe(data);
    expect(imageChunk({ data: 'iVBORw==', format: 'jpeg', expectedTokens: 0 })).toStrictEqual({ data, format: 'jpeg', expectedTokens: 0, type: 'image' });
    expect([chunk, { ...chunk, type: 'video' }].map((value) => ModelInputChunkFromJson.is(value))).toEqual([true, false]);
  });

  it.each<[string, object, string, string]>([
    ['data that is none', { data: 7 }, 'data', 'got 7, expected a Uint8Array or base64 text'],
    ['text that is no base64', { data: 'a.png' }, 'data', 'got "a.png", expected a Uint8Array or base64 text'],
    ['another format', { format: 'gif' }, 'format', 'got "gif", expected "png" or "jpeg"'],
    ['a fraction of a token', { expectedTokens: 0.5 }, 'expectedTokens', 'got 0.5, expected a whole number from 0 to 2147483647'],
    ['fewer tokens than none', { expectedTokens: -1 }, 'expectedTokens', 'got -1, expected a whole number from 0 to 2147483647'],
    ['more tokens than 32 bits count', { expectedTokens: 2 ** 31 }, 'expectedTokens', 'got 2147483648, expected a whole number from 0 to 2147483647'],
  ])('refuses %s', (_, change, field, message) => {
    assertRefuses(() => image({ data: 'iVBORw==', format: 'png', ...change }), field, `${field}: ${message}`);
  });

  it('refuses what is no object', () => {
    assertRefuses(() => image('iVBORw=='), 'image', 'image: got "iVBORw==", expected an object with data and format');
    assertRefuses(() => pointer(undefined), 'image', 'image: got undefined, expected an object with location and format');
  });
});

describe('imageAssetPointer', () => {
  it('says where an image is', () => {
    expect(imageAssetPointer({ location: 'asset-1', format: 'png' })).toStrictEqual({ format: 'png', location: 'asset-1', type: 'image_asset_pointer' });
  });

  it.each([[''], [7]])('refuses %p for a location', (location: unknown) => {
    assertRefuses(() => pointer({ location, format: 'png' }), 'location', `location: got ${JSON.stringify(location)}, expected a non-empty string`);
  });
});

describe('dmelChunk', () => {
  it('takes bytes as they are, and base64 text', () => {
    const bytes = Uint8Array.of(4, 2, 5, 80);
    expect(dmelChunk(bytes)).toStrictEqual({ dmel: bytes, type: 'dmel' });
    expect(dmelChunk('BAIFUA==')).toStrictEqual({ dmel: bytes, type: 'dmel' });
  });

  it('reads its length from the first dimension', () => {
    expect(dmelLength(Uint8Array.of(4, 2, 5, 80))).toBe(5);
    expect(dmelLength(Uint8Array.of(254, 0, 1, 0xac, 0x02, 9, 9))).toBe(300);
    expect(dmelLength(Uint8Array.of(7, 1, 0))).toBe(0);
  });

  it.each<[number[], string]>([
    [[], 'it ends before its dtype'],
    [[254], 'it ends before its dtype'],
    [[8, 1, 5], '8 is no dtype'],
    [[4], 'it ends within its header'],
    [[4, 1, 0x80], 'it ends within its header'],
    [[4, 0], 'it has no dimensions'],
    [[4, 1, ...new Array<number>(10).fill(0x80), 1], 'a number in its header is too long'],
  ])('refuses the container %p', (bytes, why) => {
    assertRefuses(() => dmel(Uint8Array.from(bytes)), 'dmel', `dmel: not a serialized tensor container: ${why}`);
  });
});

describe('Bytes', () => {
  it('are base64 text in JSON, standard and padded', () => {
    assertStandsFor(Bytes, Uint8Array.of(255, 254, 253, 62), '"//79Pg=="');
    assertStandsFor(Bytes, new Uint8Array(0), '""');
  });

  it.each([['AB'], ['AB=='.repeat(2)], ['AB-_'], ['A B='], [7]])('refuse %p', (wire: unknown) => {
    assertRejects(Bytes, wire, `the body: got ${JSON.stringify(wire)}, expected base64 text`);
  });
});
