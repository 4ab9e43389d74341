import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { ForwardBackwardRequestSchema } from '../../src/wire/proto/tinker_public_pb.js';
import { compare, type Found } from './support/compare.js';
import { listedAs } from './support/listed.js';
import { knownBytes, withMapsInOrder } from './support/pass-bytes.js';
import { fieldWith } from './support/proto-fields.js';
import type { RequestRecord } from './support/record.js';

function request(target: string, body: string, more: Partial<RequestRecord> = {}): RequestRecord {
  return { method: 'POST', target, headers: { accept: 'application/json' }, body, status: 200, ...more };
}

function pass(seqId: number, lossFn = 'cross_entropy'): RequestRecord {
  const protobuf = Buffer.from(passBytes({ seqId, lossFn })).toString('base64');
  return { method: 'POST', target: '/pass', headers: {}, protobuf, status: 200 };
}

function passBytes(fields: object): Uint8Array {
  return toBinary(ForwardBackwardRequestSchema, create(ForwardBackwardRequestSchema, { modelId: 'm', ...fields }));
}

const save = request('/save', '{"model_id":"m","path":"a"}');
const step = request('/step', '{"model_id":"m","seq_id":2}');
const kinds = (found: readonly Found[]) => found.map(({ kind, request: of, at }) => `${kind} ${of} ${at}`);

describe('compare', () => {
  it('finds nothing between equal runs', () => {
    expect(compare([save, step, pass(3)], [save, step, pass(3)], 'total')).toEqual({ compared: 3, found: [] });
  });

  it('names requests that only one of them makes', () => {
    expect(compare([save, step], [step], 'total')).toEqual({
      compared: 1,
      found: [{ kind: 'missing', request: 'POST /save', at: '', theirs: save.body, ours: undefined }],
    });
    expect(kinds(compare([step], [step, save], 'total').found)).toEqual(['extra POST /save ']);
  });

  it('sees another order', () => {
    expect(kinds(compare([save, step], [step, save], 'total').found)).toEqual(['missing POST /save ', 'extra POST /save ']);
  });

  it('takes requests about different models in any order where they leave at the same time', () => {
    const other = request('/save', '{"model_id":"n","path":"a"}');
    expect(compare([save, other], [other, save], 'pipelined').found).toEqual([]);
    expect(kinds(compare([save, step], [step, save], 'pipelined').found)).toEqual(['missing POST /save ', 'extra POST /save ']);
  });

  it('takes chunks in any order, but not what follows them', () => {
    expect(compare([pass(1), pass(2), step], [pass(2), pass(1), step], 'numbered').found).toEqual([]);
    expect(kinds(compare([pass(1), pass(2), step], [pass(1), step, pass(2)], 'numbered').found)).toEqual([
      'missing POST /pass ',
      'extra POST /pass ',
    ]);
  });

  it('names headers, places in the body, and statuses', () => {
    const ours = request('/save', '{"model_id":"m","path":"b","ttl":9007199254740993}', { headers: {}, status: 400 });
    expect(compare([save], [ours], 'total').found).toEqual([
      { kind: 'header', request: 'POST /save', at: 'accept', theirs: 'application/json', ours: undefined },
      { kind: 'content', request: 'POST /save', at: '/path', theirs: '"a"', ours: '"b"' },
      { kind: 'content', request: 'POST /save', at: '/ttl', theirs: undefined, ours: '"9007199254740993n"' },
      { kind: 'status', request: 'POST /save', at: '', theirs: '200', ours: '400' },
    ]);
  });

  it('takes numbers by their value, to the last of 64 bits', () => {
    const seed = (text: string) => request('/s', `{"seed":${text}}`);
    expect(compare([seed('1.0')], [seed('1')], 'total').found).toEqual([]);
    expect(kinds(compare([seed('9007199254740993')], [seed('9007199254740992')], 'total').found)).toEqual(['content POST /s /seed']);
  });

  it('sees another order of fields', () => {
    const ours = request('/save', '{"path":"a","model_id":"m"}');
    expect(kinds(compare([save], [ours], 'total').found)).toEqual(['fieldOrder POST /save ']);
  });

  it('sees what a pass says, and bytes that say the same', () => {
    expect(kinds(compare([pass(1)], [pass(1, 'ppo')], 'total').found)).toEqual(['content POST /pass /pass/lossFn', 'bytes POST /pass ']);
    const one = pass(1);
    const doubled = Buffer.concat([Buffer.from(one.protobuf ?? '', 'base64'), fieldWith(4, Buffer.from('cross_entropy'))]);
    expect(kinds(compare([one], [{ ...one, protobuf: doubled.toString('base64') }], 'total').found)).toEqual(['bytes POST /pass ']);
  });
});

describe('bytes of a pass', () => {
  const config = (...entries: readonly [string, number][]) => Buffer.from(passBytes({ seqId: 1, lossFnConfig: Object.fromEntries(entries) }));

  it('are the same whatever the order of maps was', () => {
    const [one, other] = [config(['a', 1], ['b', 2]), config(['b', 2], ['a', 1])];
    expect(one.equals(other)).toBe(false);
    expect(withMapsInOrder(one)).toEqual(withMapsInOrder(other));
    expect(withMapsInOrder(config(['a', 1], ['b', 3])).equals(withMapsInOrder(one))).toBe(false);
  });

  it('leave out only what the protocol does not know', () => {
    const known = config(['a', 1]);
    expect(knownBytes(Buffer.concat([known, fieldWith(7, Buffer.from('x'))]))).toEqual(known);
  });
});

describe('listedAs', () => {
  const found: Found = { kind: 'header', request: 'POST /a', at: 'h', theirs: 'x', ours: undefined };
  const listed = { name: 'one', why: 'because', kind: 'header', at: /^h$/, theirs: /^x$/ } as const;
  const of = (difference: object, one: Found = found) => listedAs([{ ...listed, ...difference }], one, 'p', 'oldest')?.name;

  it('takes a difference only where all of it fits', () => {
    expect(of({})).toBe('one');
    expect(of({ release: 'oldest', programs: ['p'], request: /a$/ })).toBe('one');
    expect([{ release: 'newest' }, { programs: ['q'] }, { request: /b$/ }, { kind: 'content' }, { theirs: /y/ }].map((other) => of(other))).toEqual(
      new Array(5).fill(undefined),
    );
  });

  it('takes a value of ours only when it is told', () => {
    expect(of({}, { ...found, ours: 'z' })).toBeUndefined();
    expect(of({ ours: /z/ }, { ...found, ours: 'z' })).toBe('one');
    expect(of({ oursVaries: true }, { ...found, ours: 'z' })).toBe('one');
    expect(of({ ours: /z/ })).toBeUndefined();
  });
});
