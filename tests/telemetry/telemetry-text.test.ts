import { describe, expect, it } from '@jest/globals';
import { scrub, textFor } from '../../src/telemetry/telemetry-text.js';
import { TinkerError, type TinkerErrorKind } from '../../src/types/errors.js';

const as = (text: string) => text;

describe('scrub', () => {
  it.each([
    ['leaves ordinary words', '/api/v1/optim_step: the server answered 500: out of memory', '/api/v1/optim_step: the server answered 500: out of memory'],
    ['takes out keys', 'the key tml-abc is unknown', 'the key [secret] is unknown'],
    ['takes out tokens of JWT form', 'token eyJhbGciOi.eyJzdWIi.c2ln expired', 'token [secret] expired'],
    ['takes out hub tokens', 'hf_abcd was refused', '[secret] was refused'],
    ['takes out whatever looks like a token', 'token 9f8e7d6c5b4a3f2e1d refused', 'token [opaque] refused'],
    ['takes out uuids', 'model 01234567-89ab-cdef-0123-456789abcdef is gone', 'model [opaque] is gone'],
    ['takes out long opaque text', `a ${'abcdefghij'.repeat(5)} b`, 'a [opaque] b'],
    ['keeps long words', 'uncharacteristically_long_identifier', 'uncharacteristically_long_identifier'],
    ['takes out URLs', 'see https://user:pw@host/x?sig=1 or tinker://run/weights/x.', 'see [URL] or [URL]'],
    ['takes out headers', 'bad request: X-API-Key: secret words', 'bad request: [header]'],
    ['takes out quoted headers', '{"Authorization": "Bearer x"}', '{"[header]'],
    ['takes out paths', 'cannot read /home/me/data.jsonl, nor ~/x, nor C:\\Users\\me', 'cannot read [path], nor [path], nor [path]'],
    ['keeps one line', 'it failed\n    at run (/home/me/x.ts:1)\n', 'it failed'],
    ['keeps little', 'no '.repeat(200), `${'no '.repeat(100)}…`],
  ])('%s', (_, text, expected) => {
    expect(scrub(text, as)).toBe(expected);
  });

  it('takes out the secrets that are known, first of all', () => {
    expect(scrub('the words open sesame open', (text) => text.replaceAll('open sesame', '[API key]'))).toBe('the words [API key] open');
  });
});

describe('textFor', () => {
  it.each<TinkerErrorKind>(['connection', 'timeout', 'http', 'requestFailed', 'promiseExpired', 'billing', 'sessionLost'])('tells what a %s error says', (kind) => {
    expect(textFor(new TinkerError(kind, 'it broke'), as)).toBe('it broke');
  });

  it.each<TinkerErrorKind>(['validation', 'malformedResponse', 'cancelled', 'wedged', 'restoreFailed'])('keeps to itself what a %s error says', (kind) => {
    expect(textFor(new TinkerError(kind, 'prompt: got "my secret plan"'), as)).toBe('');
    expect(textFor(new TinkerError(kind, 'prompt', { cause: new Error('my secret plan') }), as)).toBe('');
  });

  it('tells the cause of an error that wraps another', () => {
    const cause = new TinkerError('http', 'answered 500', { status: 500 });
    expect(textFor(new TinkerError('wedged', 'seq_id 3: answered 500', { cause }), as)).toBe('answered 500');
  });
});
