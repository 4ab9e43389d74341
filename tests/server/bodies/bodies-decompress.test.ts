import { describe, expect, it } from '@jest/globals';
import { contentEncodings, decompressed, zstdInScript } from '../../../src/server/bodies/bodies-decompress.js';
import { fromHex } from '../../support/hex.js';

const most = 10_000;
/** 3,000 times the letter a, as the command `zstd` writes it: with and without its size at the beginning. */
const sized = fromHex('28b52ffd60b80a 4d0000 1061 61 0100 b3f301 16');
const unsized = fromHex('28b52ffd0058 4d0000 1061 61 0100 b3f301 16');
const summed = fromHex('28b52ffd64b80a 4d0000 1061 61 0100 b3f301 16 e10e0996');
const letters = Buffer.alloc(3000, 'a');

const viaHeader = async (body: Uint8Array, limit: number): Promise<Uint8Array> => await decompressed(body, 'zstd', limit);

describe('decompressed', () => {
  it('knows the encodings of HTTP and zstd', () => {
    expect(contentEncodings).toEqual(['gzip', 'x-gzip', 'deflate', 'br', 'zstd']);
  });

  it('says which encodings it knows', async () => {
    await expect(decompressed(sized, 'compress', most)).rejects.toMatchObject({
      status: 415,
      message: 'Content-Encoding compress is not taken by this server; send the body as it is, or as gzip, x-gzip, deflate, br, zstd.',
    });
  });

  it('refuses what is damaged', async () => {
    await expect(decompressed(sized.subarray(0, 12), 'zstd', most)).rejects.toMatchObject({
      status: 422,
      message: expect.stringMatching(/^The body is not what its Content-Encoding zstd says: /) as unknown,
    });
  });

  it('refuses what is too large', async () => {
    await expect(decompressed(unsized, 'zstd', 2999)).rejects.toMatchObject({
      status: 413,
      message: 'The body is larger than 2999 bytes when decompressed; send fewer datums at a time.',
    });
  });
});

describe.each([
  ['zstd of Node, where it has it', viaHeader],
  ['zstd in script', zstdInScript],
])('%s', (_, decompress) => {
  it.each([
    ['with its size', sized],
    ['without its size', unsized],
    ['with a checksum', summed],
  ])('reads a body %s', async (_name, body) => {
    expect(Buffer.from(await decompress(body, most)).equals(letters)).toBe(true);
  });

  it.each([
    ['that is empty', new Uint8Array(0)],
    ['of something else', Buffer.from('not zstd at all, is it')],
    ['that was cut', sized.subarray(0, sized.length - 3)],
    ['that was cut, without its size', unsized.subarray(0, unsized.length - 3)],
    ['that was cut in its header', sized.subarray(0, 9)],
    ['of more than one frame', Buffer.concat([sized, sized])],
  ])('refuses a body %s', async (_name, body) => {
    await expect(decompress(body, most)).rejects.toThrow();
  });

  it.each([
    ['declares', sized],
    ['holds', unsized],
  ])('refuses a body that %s more than is taken', async (_name, body) => {
    await expect(decompress(body, 2999)).rejects.toThrow();
  });
});

describe('zstdInScript', () => {
  it.each([
    ['a content of 4 GiB', '28b52ffda0 ffffffff 010000'],
    ['a content of 2^62 bytes', '28b52ffde0 0000000000000040 010000'],
    ['a window of 2 GiB', '28b52ffd00 a8 010000 00'],
  ])('sets no memory aside for %s', async (_name, header) => {
    await expect(zstdInScript(fromHex(header), most)).rejects.toThrow();
  });

  it('reads sizes of one byte', async () => {
    expect(Buffer.from(await zstdInScript(fromHex('28b52ffd20 03 190000 616263'), most)).toString()).toBe('abc');
  });
});
