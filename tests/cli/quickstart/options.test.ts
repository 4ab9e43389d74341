import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findMistake, httpUrl, learningRate, rank, seed, steps, type QuickstartOptions } from '../../../src/cli/quickstart/options.js';

describe('values', () => {
  it('takes whole numbers in range', () => {
    expect([steps('6'), steps('80'), rank('512'), seed('2147483647')]).toEqual([6, 80, 512, 2_147_483_647]);
  });

  it.each(['5', '10001', '1e3', '-8', '8.5', '', 'many'])('refuses %j as a number of steps', (text) => {
    expect(() => steps(text)).toThrow('Expected a whole number from 6 to 10000.');
  });

  it('takes learning rates above 0 and up to 1', () => {
    expect([learningRate('1e-4'), learningRate('1')]).toEqual([1e-4, 1]);
  });

  it.each(['0', '-1', '1.5', 'NaN', ''])('refuses %j as a learning rate', (text) => {
    expect(() => learningRate(text)).toThrow('Expected a number above 0 and at most 1.');
  });

  it('takes addresses of web servers only', () => {
    expect(httpUrl('https://example.org/x')).toBe('https://example.org/x');
    for (const text of ['example.org', 'ftp://example.org', 'javascript:alert(1)', '']) {
      expect(() => httpUrl(text)).toThrow('Expected an address that begins with http:// or https://.');
    }
  });
});

describe('findMistake', () => {
  let directory = '';
  let options: QuickstartOptions;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'quickstart-options-'));
    const text = join(directory, 'text.txt');
    await writeFile(text, 'a'.repeat(256));
    options = { text, out: directory, steps: 6, rank: 1, seed: 0, learningRate: 0.1, json: false };
  });

  afterAll(() => rm(directory, { recursive: true }));

  it('finds none in good options', async () => {
    await expect(findMistake(options)).resolves.toBeUndefined();
    await expect(findMistake({ ...options, model: 'local/tiny' })).resolves.toBeUndefined();
    await expect(findMistake({ ...options, model: 'any/name', url: 'http://h', apiKey: 'k' })).resolves.toBeUndefined();
  });

  it('asks for a key for another server', async () => {
    await expect(findMistake({ ...options, url: 'http://h' })).resolves.toBe(
      '--url needs an API key: pass --api-key, or set TINKER_API_KEY.',
    );
  });

  it('lists the local models when given another', async () => {
    await expect(findMistake({ ...options, model: 'local/huge' })).resolves.toBe(
      '--model: the local server has no "local/huge". Choose local/tiny, local/small, local/base, or name another server with --url.',
    );
  });

  it('names a text that is not a file', async () => {
    const missing = join(directory, 'none.txt');
    await expect(findMistake({ ...options, text: missing })).resolves.toBe(`--text: there is no file ${missing}.`);
    await expect(findMistake({ ...options, text: directory })).resolves.toBe(`--text: there is no file ${directory}.`);
  });

  it('refuses a text too short for a sequence', async () => {
    const short = join(directory, 'short.txt');
    await writeFile(short, 'a'.repeat(255));
    await expect(findMistake({ ...options, text: short })).resolves.toBe(
      `--text: ${short} has 255 bytes; at least 256 are needed.`,
    );
  });
});
