import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTokenizer } from '../../src/tokenizer/tokenizer.js';
import { tokenizerConfigJson, tokenizerJson } from '../../src/server/tokenizers/tokenizer-files.js';
import { rejection } from '../support/clients.js';
import { untyped } from '../support/codec.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinkerjs-tokenizer-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** A directory with these files. */
async function directory(name: string, files: Readonly<Record<string, unknown>>): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  for (const [file, content] of Object.entries(files)) {
    await writeFile(join(path, file), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return path;
}

const vocab = { hello: 0, world: 1, '[UNK]': 2, '[CLS]': 3 };
const wordPiece = {
  added_tokens: [{ id: 3, content: '[CLS]', special: true }],
  normalizer: null,
  pre_tokenizer: { type: 'Whitespace' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '[CLS]', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '[CLS]': { id: '[CLS]', ids: [3], tokens: ['[CLS]'] } },
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
  model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab },
};

describe('loadTokenizer', () => {
  it('reads a directory, settings included', async () => {
    const path = await directory('bytes', { 'tokenizer.json': tokenizerJson(), 'tokenizer_config.json': tokenizerConfigJson(512) });
    const tokenizer = await loadTokenizer(path);
    expect([tokenizer.vocabSize, tokenizer.bosTokenId, tokenizer.eosTokenId]).toEqual([260, 256, 257]);
    const text = 'Grüße , 世界 👋\n<|eos|>';
    const ids = tokenizer.encode(text);
    expect(ids).toEqual([...new TextEncoder().encode('Grüße , 世界 👋\n'), 257]);
    expect(tokenizer.decode(ids)).toBe(text);
    expect(tokenizer.decode(Int32Array.from(ids), { skipSpecialTokens: true })).toBe('Grüße , 世界 👋\n');
    expect([tokenizer.tokenToId('A'), tokenizer.tokenToId('<|pad|>'), tokenizer.tokenToId('nothing')]).toEqual([65, 258, undefined]);
  });

  it('does without settings', async () => {
    const path = await directory('plain', { 'tokenizer.json': tokenizerJson() });
    const tokenizer = await loadTokenizer(join(path, 'tokenizer.json'));
    expect([tokenizer.bosTokenId, tokenizer.eosTokenId]).toEqual([undefined, undefined]);
    expect(tokenizer.decode(tokenizer.encode("it 's , so ."))).toBe("it 's , so .");
  });

  it('adds special tokens unless told not to', async () => {
    const config = { bos_token: { content: '[CLS]' }, eos_token: null };
    const tokenizer = await loadTokenizer(await directory('words', { 'tokenizer.json': wordPiece, 'tokenizer_config.json': config }));
    expect(tokenizer.encode('hello world')).toEqual([3, 0, 1]);
    expect(tokenizer.encode('hello world', { addSpecialTokens: false })).toEqual([0, 1]);
    expect(tokenizer.encode('hello world', {})).toEqual([3, 0, 1]);
    expect([tokenizer.bosTokenId, tokenizer.eosTokenId]).toEqual([3, undefined]);
  });

  it('gives nothing for ids without a token, and for none at all', async () => {
    const tokenizer = await loadTokenizer(join(folder, 'bytes'));
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.decode([999])).toBe('');
    expect(tokenizer.decode([72, 999, 105])).toBe('Hi');
    expect(tokenizer.encode('')).toEqual([]);
  });

  it('refuses what is no text and no token id', async () => {
    const tokenizer = await loadTokenizer(join(folder, 'bytes'));
    const encode = untyped((text: string) => tokenizer.encode(text));
    expect(() => encode(7)).toThrow('text: got 7, expected a string');
    expect(() => tokenizer.decode([72, -1])).toThrow('tokens[1]: got -1, expected a token id: a whole number, 0 or more');
    expect(() => tokenizer.decode([0.5])).toThrow('tokens[0]: got 0.5, expected a token id: a whole number, 0 or more');
  });

  it('reads a directory once, however often and however it is named', async () => {
    const path = await directory('once', { 'tokenizer.json': tokenizerJson() });
    const [first, second] = await Promise.all([loadTokenizer(path), loadTokenizer(`${path}/`)]);
    await rm(path, { recursive: true });
    expect(second).toBe(first);
    expect(await loadTokenizer(path)).toBe(first);
  });

  it('tries again after a failure', async () => {
    const path = join(folder, 'late');
    expect(await rejection(loadTokenizer(path))).toMatchObject({
      kind: 'validation',
      field: 'source',
      message:
        `source: there is no tokenizer.json in ${path}. Pass the directory that holds its tokenizer.json as the source, ` +
        'or a hub address such as org/name',
    });
    await directory('late', { 'tokenizer.json': tokenizerJson() });
    expect((await loadTokenizer(path)).vocabSize).toBe(260);
  });

  it.each([
    ['not JSON', '{', 'is not usable: it is not JSON. Get it anew, or pass the directory that holds its tokenizer.json as the source'],
    ['no object', '[]', 'is not usable: it is not a JSON object'],
    ['no tokenizer', '{"model":{}}', 'is not a tokenizer that can be used'],
    ['of a kind that is not known', JSON.stringify({ ...wordPiece, pre_tokenizer: { type: 'Telepathy' } }), 'is not a tokenizer that can be used'],
  ])('refuses a file that is %s', async (name, content, message) => {
    const path = await directory(name, { 'tokenizer.json': content });
    expect(await rejection(loadTokenizer(path))).toMatchObject({ kind: 'malformedResponse', message: expect.stringContaining(`${path} ${message}`) });
  });

  it('refuses settings that are not JSON', async () => {
    const path = await directory('bad settings', { 'tokenizer.json': tokenizerJson(), 'tokenizer_config.json': 'x' });
    expect(await rejection(loadTokenizer(path))).toMatchObject({
      kind: 'malformedResponse',
      message: expect.stringContaining(`tokenizer_config.json beside ${path} is not usable: it is not JSON`),
    });
  });

  it('refuses a file that is too large, or that cannot be read', async () => {
    const path = await directory('large', { 'tokenizer.json': tokenizerJson() });
    expect(await rejection(loadTokenizer(path, { maxBytes: 100 }))).toMatchObject({
      kind: 'malformedResponse',
      message: `${path}/tokenizer.json is larger than 100 bytes. Is it a tokenizer? If so, raise the maxBytes option`,
    });
    await mkdir(join(folder, 'odd', 'tokenizer.json'), { recursive: true });
    expect(await rejection(loadTokenizer(join(folder, 'odd')))).toMatchObject({
      kind: 'validation',
      message: expect.stringMatching(/^source: .*odd\/tokenizer\.json cannot be read: EISDIR/),
    });
  });

  it('refuses options that it does not have or that are wrong', async () => {
    expect(await rejection(loadTokenizer('/x', { maxBytes: 0 }))).toMatchObject({ field: 'maxBytes' });
    const wrong = untyped((options: object) => rejection(loadTokenizer('/x', options)));
    expect(await wrong({ fetch: 1 })).toMatchObject({ field: 'fetch' });
    expect(await wrong({ revision: 'main' })).toMatchObject({ field: 'options.revision' });
    expect(await rejection(loadTokenizer('/x', { signal: AbortSignal.abort() }))).toMatchObject({ kind: 'cancelled' });
  });
});
