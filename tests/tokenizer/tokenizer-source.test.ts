import { describe, expect, it } from '@jest/globals';
import { resolve } from 'node:path';
import { hubSettings } from '../../src/config.js';
import { locateTokenizer } from '../../src/tokenizer/tokenizer-source.js';
import { assertRefuses } from '../support/codec.js';

const hub = { hubUrl: 'https://hub.test', hubToken: 'hf_secret' };
const remote = (url: string, token?: string) => ({
  kind: 'remote',
  name: url,
  tokenizerUrl: url,
  configUrl: url.replace(/[^/]*$/, 'tokenizer_config.json'),
  token,
  isHub: token !== undefined,
});

describe('locateTokenizer', () => {
  it.each([
    ['org/name', 'https://hub.test/org/name/resolve/main/tokenizer.json'],
    ['org-1/name_2.x@v1.0', 'https://hub.test/org-1/name_2.x/resolve/v1.0/tokenizer.json'],
    ['org/name@refs/pr/1', 'https://hub.test/org/name/resolve/refs%2Fpr%2F1/tokenizer.json'],
  ])('looks for %s on the hub, with the token', (source, url) => {
    expect(locateTokenizer(source, hub)).toEqual(remote(url, 'hf_secret'));
  });

  it.each([
    ['http://h.test/models/x', 'http://h.test/models/x/tokenizer.json'],
    ['https://h.test/models/x//', 'https://h.test/models/x/tokenizer.json'],
    ['https://h.test/', 'https://h.test/tokenizer.json'],
    ['https://h.test/x/tokenizer.json', 'https://h.test/x/tokenizer.json'],
    ['https://h.test/x/mine.json', 'https://h.test/x/mine.json'],
    ['https://h.test/tokenizer.json', 'https://h.test/tokenizer.json'],
  ])('looks for %s there, without the token', (source, url) => {
    expect(locateTokenizer(source, hub)).toEqual(remote(url));
    expect(locateTokenizer(new URL(source), hub)).toEqual(remote(url));
  });

  it('keeps a query for both files, and out of the name', () => {
    expect(locateTokenizer('https://h.test/x?sig=secret', hub)).toEqual({
      ...remote('https://h.test/x/tokenizer.json'),
      tokenizerUrl: 'https://h.test/x/tokenizer.json?sig=secret',
      configUrl: 'https://h.test/x/tokenizer_config.json?sig=secret',
    });
  });

  it.each([
    ['/models/x', '/models/x'],
    ['/models/x/tokenizer.json', '/models/x'],
    ['./models/x', resolve('models/x')],
    ['../x', resolve('../x')],
    ['.', resolve('.')],
    ['file:///models/my%20x', '/models/my x'],
  ])('takes %s for a directory', (source, name) => {
    expect(locateTokenizer(source, hub)).toEqual({ kind: 'directory', name });
  });

  it.each([[''], ['gpt2'], ['a/b/c'], ['org/..'], ['org/name@'], [7], [undefined]])('refuses %p', (source) => {
    expect(() => locateTokenizer(source, hub)).toThrow(/^source: got .*, expected a directory \(an absolute path, or one that starts with/);
  });

  it.each(['https://user:pw@h.test/x', 'https://user@h.test/x', 'http://[secret'])('refuses %s without showing it', (source) => {
    assertRefuses(() => locateTokenizer(source, hub), 'source', 'source: expected an http(s) URL without user name and password');
  });

  it('refuses the file URL of another machine', () => {
    assertRefuses(() => locateTokenizer('file://elsewhere/x', hub), 'source', 'source: expected a file URL of this machine');
  });
});

describe('hubSettings', () => {
  it('takes the option, then the environment, then the public hub', () => {
    const env = { HF_ENDPOINT: 'https://mirror.test/', HF_TOKEN: 'hf_env' };
    expect(hubSettings({ hubUrl: 'http://mine.test/hub//', token: 'hf_mine' }, env)).toEqual({ hubUrl: 'http://mine.test/hub', hubToken: 'hf_mine' });
    expect(hubSettings({}, env)).toEqual({ hubUrl: 'https://mirror.test', hubToken: 'hf_env' });
    expect(hubSettings({}, { HF_ENDPOINT: '', HF_TOKEN: '' })).toEqual({ hubUrl: 'https://huggingface.co', hubToken: undefined });
  });

  it('refuses what is neither, and shows no token', () => {
    const url = 'an http or https URL without user name, query or fragment, such as http://127.0.0.1:8000';
    assertRefuses(() => hubSettings({ hubUrl: 'ftp://x' }, {}), 'hubUrl', `hubUrl: got "ftp://x", expected ${url}`);
    assertRefuses(() => hubSettings({}, { HF_ENDPOINT: 'https://u:p@x' }), 'HF_ENDPOINT', `HF_ENDPOINT: expected ${url}`);
    assertRefuses(() => hubSettings({ token: 'hf secret' }, {}), 'token', 'token: expected a token of printable characters without spaces');
    assertRefuses(() => hubSettings({}, { HF_TOKEN: 'hf\nsecret' }), 'HF_TOKEN', 'HF_TOKEN: expected a token of printable characters without spaces');
  });
});
