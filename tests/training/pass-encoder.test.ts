import { describe, expect, it, jest } from '@jest/globals';
import * as E from 'fp-ts/lib/Either.js';
import { fromReply, fromThrown } from '../../src/api/failure.js';
import { PassEncoder, type EncodablePart, type Sent } from '../../src/training/pass-encoder.js';
import { invalid } from '../../src/types/errors.js';
import type { PassEncoding } from '../../src/wire/pass-dialects.js';
import { factsOf, leftOf } from '../support/codec.js';

const path = '/api/v1/forward_backward';
const answer = (status: number, body: string): Sent => E.left(fromReply({ status, headers: new Headers(), body }, path));
const reset: Sent = E.left(fromThrown(Object.assign(new Error('reset'), { code: 'ECONNRESET' }), path));
const notProtobuf = answer(415, '{"detail":"JSON only"}');
const notJson = answer(415, '{"detail":"protobuf only"}');
const failing = answer(500, 'Internal Server Error');
const busy = answer(429, '');
const taken: Sent = E.right('r1');
const { signal } = new AbortController();

/** A part whose attempts have the given answers in turn. */
function part(...answers: readonly Sent[]) {
  const sent: PassEncoding[] = [];
  const encodable: EncodablePart = {
    send: async (encoding) => {
      sent.push(encoding);
      return Promise.resolve(answers[sent.length - 1] ?? taken);
    },
    checkJson: () => undefined,
    memory: {},
  };
  return { sent, encodable };
}

const open = () => new PassEncoder('auto', false);

describe('what is decided beforehand', () => {
  it.each([
    ['protobuf', false, 'protobuf'],
    ['json', false, 'json'],
    ['json', true, 'json'],
    ['auto', true, 'protobuf'],
  ] as const)('%s (official server: %p) is %s, whatever the answer', async (option, isOfficial, expected) => {
    const encoder = new PassEncoder(option, isOfficial);
    const { sent, encodable } = part(notProtobuf);
    expect(await encoder.send(encodable, signal)).toBe(notProtobuf);
    expect(sent).toEqual([expected]);
    expect(encoder.decided).toBe(expected);
  });
});

describe('finding out', () => {
  it('stays with protobuf where it is taken', async () => {
    const encoder = open();
    const { sent, encodable } = part();
    expect([encoder.decided, await encoder.send(encodable, signal), encoder.decided, sent]).toEqual([undefined, taken, 'protobuf', ['protobuf']]);
  });

  it.each([['415', notProtobuf], ['500', failing]])('goes over to JSON on %s where that is taken, for good', async (_, refusal) => {
    const encoder = open();
    const first = part(refusal, taken);
    expect(await encoder.send(first.encodable, signal)).toBe(taken);
    expect([first.sent, encoder.decided]).toEqual([['protobuf', 'json'], 'json']);
    const second = part();
    await encoder.send(second.encodable, signal);
    expect(second.sent).toEqual(['json']);
  });

  it('stays open where neither is taken, and reports what tells more', async () => {
    const encoder = open();
    const unknownModel = answer(400, '{"detail":"no such model"}');
    const { sent, encodable } = part(notProtobuf, unknownModel);
    expect(await encoder.send(encodable, signal)).toBe(unknownModel);
    expect([sent, encoder.decided]).toEqual([['protobuf', 'json'], undefined]);
  });

  it('reports the first answer where the second tells no more', async () => {
    const { encodable } = part(notProtobuf, notJson);
    expect(await open().send(encodable, signal)).toBe(notProtobuf);
    expect(encodable.memory).toEqual({ bound: undefined });
  });

  it('does not try JSON where the answer speaks of something else', async () => {
    for (const refusal of [answer(422, '{"detail":[{"loc":["body","loss_fn"],"msg":"?"}]}'), busy, reset]) {
      const encoder = open();
      const { sent, encodable } = part(refusal);
      expect(await encoder.send(encodable, signal)).toBe(refusal);
      expect([sent, encoder.decided]).toEqual([['protobuf'], undefined]);
    }
  });

  it('fails what JSON cannot carry, says why, and stays open', async () => {
    const encoder = open();
    const { sent, encodable } = part(notProtobuf);
    const refuse = () => { throw invalid('data[0].lossFnInputs.weights[1]', Number.NaN, 'a finite number'); };
    const failure = leftOf(await encoder.send({ ...encodable, checkJson: refuse }, signal));
    expect(failure).toMatchObject({ verdict: 'definite', mayBeTaken: false });
    expect(factsOf(failure.error)).toEqual({
      kind: 'validation',
      field: 'data[0].lossFnInputs.weights[1]',
      message:
        'data[0].lossFnInputs.weights[1]: got NaN, expected a finite number; in protobuf the server refused it: ' +
        '/api/v1/forward_backward: the server answered 415: JSON only',
      status: 415,
      retriable: false,
    });
    expect([sent, encoder.decided]).toEqual([['protobuf'], undefined]);
  });
});

describe('a request that may have been taken', () => {
  it('keeps its encoding after a reset, whatever comes next', async () => {
    const encoder = open();
    const { sent, encodable } = part(reset, busy, failing);
    for (const expected of [reset, busy, failing]) expect(await encoder.send(encodable, signal)).toBe(expected);
    expect([sent, encoder.decided]).toEqual([['protobuf', 'protobuf', 'protobuf'], undefined]);
  });

  it('is known as such though the answer in protobuf is reported', async () => {
    const gone = E.left({ ...leftOf(answer(502, '')), verdict: 'definite' as const });
    const { encodable } = part(notProtobuf, gone);
    expect(await open().send(encodable, signal)).toEqual(E.left({ ...leftOf(notProtobuf), mayBeTaken: true }));
    expect(encodable.memory).toEqual({ bound: 'json' });
  });

  it('was not where the server takes no protobuf at all, and goes out in JSON', async () => {
    const encoder = open();
    const alone = part(reset, notProtobuf, notProtobuf, busy, taken);
    expect(await encoder.send(alone.encodable, signal)).toBe(reset);
    expect(await encoder.send(alone.encodable, signal)).toBe(busy);
    expect([alone.sent, encoder.decided]).toEqual([['protobuf', 'protobuf', 'protobuf', 'json'], undefined]);
    const chunk = part(reset, notProtobuf, taken);
    expect(await encoder.send(chunk.encodable, signal)).toBe(reset);
    await encoder.send(part(notProtobuf, taken).encodable, signal);
    expect(await encoder.send(chunk.encodable, signal)).toBe(taken);
    expect([chunk.sent, encoder.decided]).toEqual([['protobuf', 'protobuf', 'json'], 'json']);
  });

  it('stays in protobuf after 415 where that was asked for', async () => {
    const { sent, encodable } = part(reset, notProtobuf);
    const encoder = new PassEncoder('protobuf', false);
    for (const expected of [reset, notProtobuf]) expect(await encoder.send(encodable, signal)).toBe(expected);
    expect(sent).toEqual(['protobuf', 'protobuf']);
  });

  it('keeps JSON after a reset of that, and decides for it when it is taken', async () => {
    const encoder = open();
    const { sent, encodable } = part(notProtobuf, reset, taken);
    expect(await encoder.send(encodable, signal)).toBe(reset);
    expect(encoder.decided).toBeUndefined();
    expect(await encoder.send(encodable, signal)).toBe(taken);
    expect([sent, encoder.decided]).toEqual([['protobuf', 'json', 'json'], 'json']);
  });

  it('keeps its encoding when others have found out another meanwhile', async () => {
    const encoder = open();
    const first = part(reset);
    await encoder.send(first.encodable, signal);
    await encoder.send(part(notProtobuf, taken).encodable, signal);
    expect(encoder.decided).toBe('json');
    await encoder.send(first.encodable, signal);
    expect(first.sent).toEqual(['protobuf', 'protobuf']);
  });

  it('goes on in protobuf where that was failing and JSON is not read', async () => {
    const encoder = open();
    const { sent, encodable } = part(failing, notJson, failing, taken);
    expect(await encoder.send(encodable, signal)).toBe(failing);
    expect(await encoder.send(encodable, signal)).toBe(failing);
    expect(await encoder.send(encodable, signal)).toBe(taken);
    expect([sent, encoder.decided]).toEqual([['protobuf', 'json', 'protobuf', 'protobuf'], 'protobuf']);
  });

  it('was taken in protobuf where its number is used in JSON, whatever the server answered', async () => {
    const encoder = open();
    const { sent, encodable } = part(failing, answer(409, '{"detail":"Training request sequence number was reused"}'), taken);
    expect(leftOf(await encoder.send(encodable, signal))).toMatchObject({ verdict: 'definite', mayBeTaken: true, error: { status: 409 } });
    expect(await encoder.send(encodable, signal)).toBe(taken);
    expect(sent).toEqual(['protobuf', 'json', 'protobuf']);
  });

  it('is bound before it leaves, so that one that is given up on the way is too', async () => {
    const encoder = open();
    const { encodable } = part();
    const memory = { bound: undefined };
    const seen: unknown[] = [];
    await encoder.send({ ...encodable, memory, send: (encoding) => { seen.push(memory.bound); return encodable.send(encoding); } }, signal);
    expect(seen).toEqual(['protobuf']);
  });

  it('may be tried in both again after a definite no', async () => {
    const encoder = open();
    const { sent, encodable } = part(notProtobuf, busy, notProtobuf, taken);
    expect(await encoder.send(encodable, signal)).toBe(busy);
    expect(await encoder.send(encodable, signal)).toBe(taken);
    expect([sent, encoder.decided]).toEqual([['protobuf', 'json', 'protobuf', 'json'], 'json']);
  });
});

describe('requests at the same time', () => {
  /** A part whose answer comes when the test says so. */
  function slow() {
    const sent: PassEncoding[] = [];
    const answers: ((sent: Sent) => void)[] = [];
    const encodable: EncodablePart = {
      send: (encoding) => new Promise((resolve) => { sent.push(encoding); answers.push(resolve); }),
      checkJson: () => undefined,
      memory: {},
    };
    return { sent, encodable, answer: (said: Sent) => answers.shift()?.(said) };
  }
  const settled = () => new Promise<void>((resolve) => { setImmediate(resolve); });

  it('wait for the first to find out, then go together', async () => {
    const encoder = open();
    const parts = [slow(), slow(), slow()] as const;
    const all = Promise.all(parts.map(({ encodable }) => encoder.send(encodable, signal)));
    const [first, second, third] = parts;
    await settled();
    expect(parts.map(({ sent }) => sent)).toEqual([['protobuf'], [], []]);
    first.answer(notProtobuf);
    await settled();
    expect(parts.map(({ sent }) => sent)).toEqual([['protobuf', 'json'], [], []]);
    first.answer(taken);
    await settled();
    expect(parts.map(({ sent }) => sent)).toEqual([['protobuf', 'json'], ['json'], ['json']]);
    second.answer(taken);
    third.answer(taken);
    expect(await all).toEqual([taken, taken, taken]);
  });

  it('find out one after the other while the answers decide nothing', async () => {
    const encoder = open();
    const [first, second] = [slow(), slow()];
    const all = Promise.all([first, second].map(({ encodable }) => encoder.send(encodable, signal)));
    await settled();
    first.answer(busy);
    await settled();
    expect([first.sent, second.sent]).toEqual([['protobuf'], ['protobuf']]);
    second.answer(taken);
    expect(await all).toEqual([busy, taken]);
  });

  it('go on when the first cannot even be written', async () => {
    const encoder = open();
    const first = encoder.send({ send: () => Promise.reject(new Error('no bytes')), checkJson: () => undefined, memory: {} }, signal);
    const second = part();
    const after = encoder.send(second.encodable, signal);
    await expect(first).rejects.toThrow('no bytes');
    expect(await after).toBe(taken);
  });

  it('are not sent when nobody wants them any more', async () => {
    const encoder = open();
    const first = slow();
    const abort = new AbortController();
    const sending = encoder.send(first.encodable, signal);
    const second = part();
    const waiting = encoder.send(second.encodable, abort.signal);
    abort.abort(new Error('enough'));
    first.answer(taken);
    await expect(waiting).rejects.toThrow('enough');
    expect([await sending, second.sent]).toEqual([taken, []]);
  });
});

describe('what a server does not read', () => {
  it('is sparse tensors from the moment that it refuses one', () => {
    const encoder = open();
    const before = encoder.takesSparse;
    encoder.refuseSparse();
    expect([before, encoder.takesSparse]).toEqual([true, false]);
  });

  it('may be shapes: of that is warned once', () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const encoder = open();
    encoder.warnOfMatrix('data[0].lossFnInputs.target_tokens');
    encoder.warnOfMatrix('data[1].lossFnInputs.target_tokens');
    expect(warn.mock.calls).toEqual([[expect.stringContaining('tinkerjs: data[0].lossFnInputs.target_tokens is a matrix')]]);
    warn.mockRestore();
  });
});
