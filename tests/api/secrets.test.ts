import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { hideSecret, hideSecretIn } from '../../src/api/secrets.js';

const secret = 'tml-very-secret';

describe('hideSecret', () => {
  it('takes every occurrence out', () => {
    expect(hideSecret(`key ${secret} is bad: ${secret}`, secret)).toBe('key [API key] is bad: [API key]');
    expect(hideSecret('nothing here', secret)).toBe('nothing here');
  });

  it('leaves keys that are too short to be secret', () => {
    expect(hideSecret('a word', 'a')).toBe('a word');
    expect(hideSecret('1234567', '1234567')).toBe('1234567');
    expect(hideSecret('12345678', '12345678')).toBe('[API key]');
    expect(hideSecret('text', '')).toBe('text');
  });
});

describe('hideSecretIn', () => {
  it('hands back what does not hold the key', () => {
    const thrown = new TypeError('fetch failed', { cause: new Error('ECONNRESET') });
    expect(hideSecretIn(thrown, secret)).toBe(thrown);
    expect(hideSecretIn('text', secret)).toBe('text');
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
    const hidden = hideSecretIn(thrown, secret);
    expect(hidden).toEqual(new Error(message));
    expect(inspect(hidden, { depth: 10 })).not.toContain(secret);
  });

  it('keeps the code, which says whether the request can have arrived', () => {
    const thrown = new TypeError(`fetch failed for ${secret}`, { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) });
    expect(hideSecretIn(thrown, secret)).toEqual(Object.assign(new Error('fetch failed for [API key]'), { code: 'ECONNREFUSED' }));
  });
});
