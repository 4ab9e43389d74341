import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Tokenizer } from '@huggingface/tokenizers';
import { loadTokenizer } from '../../../src/tokenizer/tokenizer.js';
import { openTestApi, type TestApi } from '../../support/local-api.js';

let server: TestApi;
let tokenizer: Tokenizer;
beforeAll(async () => {
  server = await openTestApi();
  const [definition, config] = [await read('tokenizer.json'), await read('tokenizer_config.json')];
  tokenizer = new Tokenizer(definition.body, config.body);
});
afterAll(async () => {
  await server.close();
});

/** As anybody reads it: without a key. */
async function read(file: string, model = 'fake/one'): Promise<{ status: number; body: object }> {
  const response = await server.request('GET', `/tokenizers/${model}/${file}`, undefined, { 'x-api-key': '' });
  const body: unknown = await response.json();
  if (typeof body !== 'object' || body === null) throw new TypeError('expected an object');
  return { status: response.status, body };
}

const idsOf = (text: string): number[] => tokenizer.encode(text).ids.filter((id) => id !== undefined);
const bytes = (text: string): number[] => [...new TextEncoder().encode(text)];

/** Texts of any characters, by a generator that repeats itself. */
function* texts(count: number): Generator<string> {
  let state = 12_345;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  for (let made = 0; made < count; made += 1) {
    const points = Array.from({ length: 1 + below(24) }, () => below([0x80, 0x800, 0xd800, 0x110000][below(4)] ?? 1));
    yield String.fromCodePoint(...points.filter((point) => point < 0xd800 || point > 0xdfff), 0x41);
  }
}

describe('the tokenizer of the local models', () => {
  it.each([
    ['ASCII', 'Hello, world! it\'s 3 .'],
    ['umlauts', 'Größe äöüß ÄÖÜ'],
    ['emoji', '😀👩‍👩‍👧 🇪🇺'],
    ['CJK', '日本語 テキスト 한국어'],
    ['newlines and blanks', 'a\n\nb\r\n\t c  d   '],
    ['a byte order mark', '\ufeffx'],
    ['control characters', '\u0000\u0001\u007f\u00a0\u00ad\u2028'],
    ['what Unicode normalization would change', 'e\u0301 \u1e69 ﬁ'],
  ])('encodes %s as its UTF-8 bytes and decodes it back', (_, text) => {
    const ids = idsOf(text);
    expect(ids).toEqual(bytes(text));
    expect(tokenizer.decode(ids)).toBe(text);
  });

  it('does so for any text', () => {
    const wrong = [...texts(2_000)].filter((text) => {
      const ids = idsOf(text);
      return JSON.stringify(ids) !== JSON.stringify(bytes(text)) || tokenizer.decode(ids) !== text;
    });
    expect(wrong).toEqual([]);
  });

  it('knows the special tokens, and adds none by itself', () => {
    expect(idsOf('<|bos|>ä<|eos|><|pad|><|reserved|>')).toEqual([256, 0xc3, 0xa4, 257, 258, 259]);
    expect(tokenizer.decode([256, 0xc3, 0xa4, 257])).toBe('<|bos|>ä<|eos|>');
    expect(tokenizer.decode([256, 0xc3, 0xa4, 257], { skip_special_tokens: true })).toBe('ä');
    expect(tokenizer.get_vocab().size).toBe(260);
  });

  it('comes with its settings', async () => {
    expect(await read('tokenizer_config.json')).toEqual({
      status: 200,
      body: {
        tokenizer_class: 'PreTrainedTokenizerFast',
        model_max_length: 8,
        bos_token: '<|bos|>',
        eos_token: '<|eos|>',
        pad_token: '<|pad|>',
        clean_up_tokenization_spaces: false,
      },
    });
  });

  it('is what the client loads and goes by', async () => {
    const fetch: typeof globalThis.fetch = (input) => server.request('GET', new URL(new Request(input).url).pathname, undefined, { 'x-api-key': '' });
    const loaded = await loadTokenizer('http://local-server.test/tokenizers/fake/one', { fetch });
    const text = 'Grüße\n世界 👋';
    expect([loaded.vocabSize, loaded.bosTokenId, loaded.eosTokenId, loaded.tokenToId('<|pad|>')]).toEqual([260, 256, 257, 258]);
    expect([loaded.encode(text), loaded.decode(bytes(text))]).toEqual([bytes(text), text]);
  });

  it('is found under an escaped name, too', async () => {
    expect((await read('tokenizer.json', 'fake%2Fone')).status).toBe(200);
  });

  it('is not there for other models, nor other files', async () => {
    const detail = 'There is no tokenizer for local/none. This server has those of fake/one.';
    expect(await read('tokenizer.json', 'local/none')).toEqual({ status: 404, body: { detail } });
    expect((await read('tokenizer.json', '%zz')).status).toBe(404);
    expect(await read('vocab.json')).toEqual({ status: 404, body: { detail: 'Not Found' } });
  });
});
