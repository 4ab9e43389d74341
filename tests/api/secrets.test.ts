import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { Secrets } from '../../src/api/secrets.js';

const secret = 'tml-very-secret';

function secretsOf(...known: readonly string[]): Secrets {
  const secrets = new Secrets();
  for (const one of known) secrets.add(one, 'API key');
  return secrets;
}

describe('Secrets.hide', () => {
  it('takes every occurrence out', () => {
    expect(secretsOf(secret).hide(`key ${secret} is bad: ${secret}`)).toBe('key [API key] is bad: [API key]');
    expect(secretsOf(secret).hide('nothing here')).toBe('nothing here');
  });

  it('leaves keys that are too short to be secret', () => {
    const secrets = secretsOf('a', '1234567', '12345678', '');
    secrets.addToken('short');
    expect(secrets.hide('a word, 1234567, 12345678, short')).toBe('a word, 1234567, [API key], short');
  });

  it('takes the longest out first, under the name that it was given first', () => {
    const secrets = secretsOf('tml-abcdef', 'tml-abcdef-longer');
    secrets.add('tml-abcdef', 'something else');
    expect(secrets.hide('tml-abcdef-longer tml-abcdef')).toBe('[API key] [API key]');
  });

  it('knows the tokens of late, and whatever looks like a JWT', () => {
    const secrets = secretsOf();
    for (let count = 0; count < 21; count += 1) {
      secrets.addToken(`opaque-token-${count}.`);
      secrets.addToken(`opaque-token-${count}.`);
    }
    expect(secrets.hide('opaque-token-0. opaque-token-1. opaque-token-20. eyJhbGciOi.eyJzdWIi.c2ln-_ eyJ')).toBe(
      'opaque-token-0. [JWT] [JWT] [JWT] eyJ',
    );
  });
});

describe('a secret that is written otherwise', () => {
  const written = 'tml-a/b+c"d\\e?f&g=0123';

  it.each([
    ['in JSON', JSON.stringify({ detail: written }), '{"detail":"[API key]"}'],
    ['in JSON of a server that escapes slashes', JSON.stringify(written).replaceAll('/', '\\/'), '"[API key]"'],
    ['in an address', `http://x.test/?key=${encodeURIComponent(written)}&y=1`, 'http://x.test/?key=[API key]&y=1'],
  ])('is hidden %s', (_, text, shown) => {
    expect(secretsOf(written).hide(text)).toBe(shown);
  });

  it.each(['', 'a', ':b', 'user:', 'Basic '])('is hidden in base64 behind %j', (before) => {
    for (const encoding of ['base64', 'base64url'] as const) {
      const hidden = secretsOf(written).hide(Buffer.from(`${before}${written}`).toString(encoding));
      expect(hidden).toContain('[API key]');
      expect(hidden.replace('[API key]', '').length).toBeLessThan(16);
    }
  });

  it('is hidden without the scheme that it was given with', () => {
    expect(secretsOf('Bearer of-a-credential').hide('Bearer of-a-credential of-a-credential')).toBe('[API key] [API key]');
  });

  it('is hidden where a cut left its beginning', () => {
    const secrets = secretsOf(secret);
    expect(secrets.hide('it was tml-very…. Try again, or say tml-very-secre…')).toBe('it was [API key]…. Try again, or say [API key]…');
    expect(secrets.hide('tml-ver… and tml-very.')).toBe('tml-ver… and tml-very.');
  });
});

describe('Secrets.hideIn', () => {
  it('hands back what does not hold the key', () => {
    const thrown = new TypeError('fetch failed', { cause: new Error('ECONNRESET') });
    expect(secretsOf(secret).hideIn(thrown)).toBe(thrown);
    expect(secretsOf(secret).hideIn('text')).toBe('text');
  });

  it.each<[string, unknown, string]>([
    ['in the message', new TypeError(`Headers.append: "${secret}" is an invalid header value.`), 'Headers.append: "[API key]" is an invalid header value.'],
    ['in a cause', new TypeError('fetch failed', { cause: new Error(`bad ${secret}`) }), 'fetch failed'],
    ['in a request that is attached', Object.assign(new Error('refused'), { config: { headers: { 'X-API-Key': secret } } }), 'refused'],
    ['in a Request that is attached', Object.assign(new Error('refused'), { request: new Request('http://t.test', { headers: { 'X-API-Key': secret } }) }), 'refused'],
    ['in plain text', `no ${secret}`, 'no [API key]'],
    ['in an object without a message', { headers: [secret] }, 'an object'],
    ['behind much else', Object.assign(new Error('long'), { list: [...Array.from({ length: 500 }, () => 'x'.repeat(50)), secret] }), 'long'],
  ])('replaces what holds it %s', (_, thrown, message) => {
    const hidden = secretsOf(secret).hideIn(thrown);
    expect(hidden).toEqual(new Error(message));
    expect(inspect(hidden, { depth: 10 })).not.toContain(secret);
  });

  it('keeps the code, which says whether the request can have arrived', () => {
    const thrown = new TypeError(`fetch failed for ${secret}`, { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) });
    expect(secretsOf(secret).hideIn(thrown)).toEqual(Object.assign(new Error('fetch failed for [API key]'), { code: 'ECONNREFUSED' }));
  });
});
