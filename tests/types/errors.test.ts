import { describe, expect, it } from '@jest/globals';
import { asSentence, invalid, invalidPhrase, messageOf, show, TinkerError, toTinkerError, type TinkerErrorDetails } from '../../src/types/errors.js';

const everything: Required<Omit<TinkerErrorDetails, 'cause'>> = {
  field: 'path',
  category: 'user',
  retriable: true,
  operation: 'loadState',
  operationId: 'loadState-3',
  seqId: 7,
  requestId: 'r-1',
  status: 429,
  attempts: 2,
  polls: 3,
  queueState: 'paused_capacity',
  queueStateReason: 'full',
  elapsedMs: 1500,
  step: 'loading',
};

describe('TinkerError', () => {
  it('is an Error with a kind and the facts that are known', () => {
    const cause = new Error('below');
    const error = new TinkerError('http', 'refused', { ...everything, cause });
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('TinkerError');
    expect(error.cause).toBe(cause);
    expect(error).toMatchObject({ kind: 'http', message: 'refused', ...everything });
  });

  it('knows nothing beyond kind and message unless told', () => {
    const error = new TinkerError('timeout', 'too late');
    expect(JSON.stringify(error)).toBe('{"kind":"timeout","message":"too late","retriable":false}');
    expect([error.field, error.category, error.status, error.seqId, error.step]).toEqual([undefined, undefined, undefined, undefined, undefined]);
    expect('cause' in error).toBe(false);
  });

  it('gives the facts as plain data, without cause and stack', () => {
    const error = new TinkerError('restoreFailed', 'no', { ...everything, cause: new Error('secret below') });
    expect(JSON.parse(JSON.stringify(error))).toEqual({ kind: 'restoreFailed', message: 'no', ...everything });
  });

  it('knows errors of another copy of the package by their mark', () => {
    const foreign: unknown = { [Symbol.for('tinkerjs.TinkerError')]: true };
    expect([foreign, new TinkerError('http', ''), new Error(), {}, null, undefined, 'text'].map((value) => value instanceof TinkerError)).toEqual([
      true, true, false, false, false, false, false,
    ]);
  });

  it('takes more facts and keeps the old ones, the cause among them', () => {
    const cause = new Error('below');
    const error = new TinkerError('http', 'refused', { status: 500, retriable: true, cause });
    const more = error.with({ seqId: 4 }, 'optimStep: refused');
    expect(more.toJSON()).toEqual({ kind: 'http', message: 'optimStep: refused', status: 500, retriable: true, seqId: 4 });
    expect(more.cause).toBe(cause);
    expect(error.toJSON()).toEqual({ kind: 'http', message: 'refused', status: 500, retriable: true });
  });

  it('gives way to facts that are named again', () => {
    const error = new TinkerError('http', 'refused', { status: 500, retriable: true, cause: new Error('first') });
    const second = new Error('second');
    const renamed = error.with({ status: 400, retriable: false, cause: second });
    expect(renamed.toJSON()).toEqual({ kind: 'http', message: 'refused', status: 400, retriable: false });
    expect(renamed.cause).toBe(second);
    expect('cause' in new TinkerError('http', 'plain').with({ seqId: 1 })).toBe(false);
  });
});

describe('invalid', () => {
  it('names the field, what was given and what is allowed', () => {
    expect(invalid('rank', -1, 'a whole number, at least 1').toJSON()).toEqual({
      kind: 'validation',
      field: 'rank',
      message: 'rank: got -1, expected a whole number, at least 1',
      retriable: false,
    });
  });
});

describe('invalidPhrase', () => {
  it('says in words what was given', () => {
    expect(invalidPhrase('data', 'no datum', 'at least one').toJSON()).toEqual({
      kind: 'validation',
      field: 'data',
      message: 'data: got no datum, expected at least one',
      retriable: false,
    });
  });

  it('cuts words after 80 characters', () => {
    expect(invalidPhrase('f', 'x'.repeat(81), 'less').message).toBe(`f: got ${'x'.repeat(80)}…, expected less`);
  });
});

describe('toTinkerError', () => {
  it('keeps an error of ours', () => {
    const error = new TinkerError('billing', 'blocked');
    expect(toTinkerError(error, 'timeout')).toBe(error);
  });

  it('wraps anything else as a connection error unless told another kind', () => {
    const thrown = new TypeError('fetch failed');
    expect(toTinkerError(thrown).toJSON()).toEqual({ kind: 'connection', message: 'fetch failed', retriable: false });
    expect(toTinkerError(thrown).cause).toBe(thrown);
    expect(toTinkerError('enough', 'cancelled').toJSON()).toEqual({ kind: 'cancelled', message: 'enough', retriable: false });
  });
});

describe('messageOf', () => {
  it.each([
    [new RangeError('too far'), 'too far'],
    [{ message: 'an error of another realm' }, 'an error of another realm'],
    ['plain words', 'plain words'],
    [{ message: 5 }, 'an object'],
    [Object.create(null), 'an object'],
    [null, 'null'],
    [undefined, 'undefined'],
    [404, '404'],
  ])('says what %p says', (thrown: unknown, said) => {
    expect(messageOf(thrown)).toBe(said);
  });
});

describe('show', () => {
  it.each([
    ['text', '"text"'],
    ['line\nbreak', '"line\\nbreak"'],
    [1.5, '1.5'],
    [Number.NaN, 'NaN'],
    [-0, '0'],
    [5n, '5n'],
    [true, 'true'],
    [null, 'null'],
    [undefined, 'undefined'],
    [Symbol('s'), 'Symbol(s)'],
    [[1, 2, 3], 'an array of 3'],
    [new Float64Array(2), 'Float64Array'],
    [{ apiKey: 'tml-secret' }, 'an object'],
    [() => 1, 'a function'],
  ])('draws %p in one line', (value: unknown, picture) => {
    expect(show(value)).toBe(picture);
  });

  it('cuts after 80 characters', () => {
    expect(show('x'.repeat(78))).toBe(`"${'x'.repeat(78)}"`);
    expect(show('x'.repeat(79))).toBe(`"${'x'.repeat(79)}…`);
  });
});

describe('asSentence', () => {
  it.each([
    ['no such thing', 'no such thing.'],
    ['Load another checkpoint.', 'Load another checkpoint.'],
    ['Is it running?', 'Is it running?'],
    ['cut off…', 'cut off…'],
  ])('ends %p as %p', (text, sentence) => {
    expect(asSentence(text)).toBe(sentence);
  });
});
