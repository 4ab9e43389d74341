import { describe, expect, it } from '@jest/globals';
import { loadTokenizer, loadTokenizerBy, type TokenizerOptions } from '../../src/tokenizer/tokenizer.js';
import { tokenizerConfigJson, tokenizerJson } from '../../src/server/tokenizers/tokenizer-files.js';
import { rejection } from '../support/clients.js';
import { broken, held, json } from '../support/scripted-server.js';
import { settle, simulatedEnvironment } from '../support/simulated.js';

interface Asked {
  readonly url: string;
  readonly authorization: string | null;
  readonly signal: AbortSignal;
}

type Answers = Readonly<Record<string, () => Response | Promise<Response>>>;

/** A web of these addresses, with 404 everywhere else; each test has a host of its own. */
function web(answers: Answers): { readonly fetch: typeof globalThis.fetch; readonly asked: Asked[] } {
  const asked: Asked[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const { url, headers, signal } = new Request(input, init);
    asked.push({ url, authorization: headers.get('authorization'), signal });
    return (await answers[url]?.()) ?? json({ error: 'no such thing' }, 404);
  };
  return { fetch, asked };
}

const both = (base: string): Answers => ({
  [`${base}/tokenizer.json`]: () => json(tokenizerJson()),
  [`${base}/tokenizer_config.json`]: () => json(tokenizerConfigJson(8)),
});

const instead = 'pass the directory that holds its tokenizer.json as the source';

describe('loadTokenizer from a URL', () => {
  it('reads both files, without a token', async () => {
    const { fetch, asked } = web(both('http://a.test/t'));
    const tokenizer = await loadTokenizer('http://a.test/t', { fetch, token: 'hf_secret' });
    expect([tokenizer.vocabSize, tokenizer.eosTokenId]).toEqual([260, 257]);
    expect(asked.map(({ url, authorization }) => [url, authorization])).toEqual([
      ['http://a.test/t/tokenizer.json', null],
      ['http://a.test/t/tokenizer_config.json', null],
    ]);
  });

  it('does without settings', async () => {
    const { fetch } = web({ 'http://b.test/tokenizer.json': () => json(tokenizerJson()) });
    expect((await loadTokenizer(new URL('http://b.test'), { fetch })).eosTokenId).toBeUndefined();
  });

  it('makes one load for all who ask at once', async () => {
    const { fetch, asked } = web(both('http://c.test'));
    const loaded = await Promise.all([1, 2, 3].map(() => loadTokenizer('http://c.test/', { fetch })));
    expect(new Set(loaded).size).toBe(1);
    expect(asked).toHaveLength(2);
    expect(await loadTokenizer('http://c.test', { fetch: () => broken() })).toBe(loaded[0]);
  });

  it('says where it looked in vain', async () => {
    const { fetch } = web({});
    expect(await rejection(loadTokenizer('http://d.test/t?sig=secret', { fetch }))).toMatchObject({
      kind: 'http',
      status: 404,
      message: `There is no tokenizer at http://d.test/t/tokenizer.json. If you have it elsewhere, ${instead}`,
    });
  });

  it('says that it cannot get there, and tries again when asked again', async () => {
    const offline: TokenizerOptions = { fetch: () => broken('ENOTFOUND') };
    expect(await rejection(loadTokenizer('http://e.test/t', offline))).toMatchObject({
      kind: 'connection',
      retriable: true,
      message: `http://e.test/t/tokenizer.json cannot be reached (ENOTFOUND). Offline? Then ${instead}`,
    });
    const nameless: TokenizerOptions = { fetch: () => Promise.reject(new TypeError('https://u:p@secret')) };
    expect(await rejection(loadTokenizer('http://e.test/t', nameless))).toMatchObject({
      message: `http://e.test/t/tokenizer.json cannot be reached (no connection). Offline? Then ${instead}`,
    });
    expect((await loadTokenizer('http://e.test/t', { fetch: web(both('http://e.test/t')).fetch })).vocabSize).toBe(260);
  });

  it('says that the other side fails', async () => {
    const { fetch, asked } = web({ ...both('http://f.test'), 'http://f.test/tokenizer_config.json': () => json({}, 503) });
    expect(await rejection(loadTokenizer('http://f.test', { fetch }))).toMatchObject({
      kind: 'http',
      status: 503,
      retriable: true,
      message: `http://f.test/tokenizer.json: answered 503. Try again later, or ${instead}`,
    });
    expect(asked.every(({ signal }) => signal.aborted)).toBe(true);
    const refusing = web({ 'http://f.test/x/tokenizer.json': () => json({}, 403) });
    expect(await rejection(loadTokenizer('http://f.test/x', { fetch: refusing.fetch }))).toMatchObject({ status: 403, retriable: false });
  });

  it('stops reading what is too large', async () => {
    const { fetch } = web({ 'http://g.test/tokenizer.json': () => new Response('x'.repeat(2_000)) });
    expect(await rejection(loadTokenizer('http://g.test', { fetch, maxBytes: 1_999 }))).toMatchObject({
      kind: 'malformedResponse',
      message: 'http://g.test/tokenizer.json is larger than 1999 bytes. Is it a tokenizer? If so, raise the maxBytes option',
    });
  });

  it('refuses an empty answer', async () => {
    const { fetch } = web({ 'http://g2.test/tokenizer.json': () => new Response(null) });
    expect(await rejection(loadTokenizer('http://g2.test', { fetch }))).toMatchObject({ kind: 'malformedResponse' });
  });

  it('ends after five minutes, and drops the connection', async () => {
    const { clock } = simulatedEnvironment();
    const { fetch, asked } = web({ 'http://h.test/tokenizer.json': held().handler });
    const outcome = rejection(loadTokenizerBy(clock, 'http://h.test', { fetch }));
    await settle();
    clock.increment(299_999);
    await settle();
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([false, false]);
    clock.increment(1);
    expect(await outcome).toMatchObject({
      kind: 'timeout',
      message: `http://h.test/tokenizer.json was not read within 300000 ms. Try again, or ${instead}`,
    });
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, true]);
  });

  it('lets one caller give up without the others', async () => {
    const { clock } = simulatedEnvironment();
    const answer = held();
    const { fetch } = web({ ...both('http://i.test'), 'http://i.test/tokenizer.json': answer.handler });
    const impatient = rejection(loadTokenizerBy(clock, 'http://i.test', { fetch, timeoutMs: 100 }));
    const patient = loadTokenizerBy(clock, 'http://i.test', { fetch });
    await settle();
    clock.increment(100);
    expect(await impatient).toMatchObject({ kind: 'timeout', elapsedMs: 100 });
    answer.release(json(tokenizerJson()));
    expect((await patient).vocabSize).toBe(260);
  });
});

describe('loadTokenizer from the hub', () => {
  const hub = (answers: Answers, options: TokenizerOptions = {}) => {
    const { fetch, asked } = web(answers);
    return { asked, options: { fetch, hubUrl: 'https://hub.test/', ...options } };
  };

  it('asks with the token', async () => {
    const { asked, options } = hub(both('https://hub.test/a/b/resolve/main'), { token: 'hf_secret' });
    expect((await loadTokenizer('a/b', options)).bosTokenId).toBe(256);
    expect(asked.map(({ authorization }) => authorization)).toEqual(['Bearer hf_secret', 'Bearer hf_secret']);
  });

  it('keeps revisions apart', async () => {
    const { asked, options } = hub({ ...both('https://hub.test/a/c/resolve/one'), ...both('https://hub.test/a/c/resolve/two') });
    expect(await loadTokenizer('a/c@one', options)).not.toBe(await loadTokenizer('a/c@two', options));
    expect(asked).toHaveLength(4);
  });

  it.each([401, 403])('says what to do about a %i', async (status) => {
    const url = `https://hub.test/gated/m${status}/resolve/main/tokenizer.json`;
    const { options } = hub({ [url]: () => json({ error: 'gated' }, status) });
    const facts = { kind: 'http', status, retriable: false };
    const said = `${url}: the hub answered ${status}: it is private, gated, or not there.`;
    expect(await rejection(loadTokenizer(`gated/m${status}`, options))).toMatchObject({
      ...facts,
      message: `${said} Pass the token option or set HF_TOKEN, or ${instead}`,
    });
    expect(await rejection(loadTokenizer(`gated/m${status}`, { ...options, token: 'hf_secret' }))).toMatchObject({
      ...facts,
      message: `${said} Check that the token may read it, and accept the model's terms on its page, or ${instead}`,
    });
  });

  it('says what to do about a repository without a tokenizer.json', async () => {
    const { options } = hub({});
    expect(await rejection(loadTokenizer('moonshotai/Kimi', options))).toMatchObject({
      kind: 'http',
      status: 404,
      message:
        'There is no tokenizer at https://hub.test/moonshotai/Kimi/resolve/main/tokenizer.json. Check the name and the revision; ' +
        `some repositories hold a tokenizer in Python code only. If you have it converted, ${instead}`,
    });
  });
});
