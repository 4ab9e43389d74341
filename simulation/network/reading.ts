import type { TransportRequest } from '../../src/api/transport.js';
import { ProtoMessage } from '../../src/wire/proto-message.js';

/** A request of a training operation, as far as its order matters. */
export interface Submitted {
  readonly modelId: string;
  readonly seqId: number;
  /** Which operation of the program it is, and which part of it. */
  readonly identity: string;
  /** Of a pass; 0 of all else. */
  readonly datums: number;
}

/** A request as whoever receives it reads it. */
export interface Reading {
  /** The path without what all have in common. */
  readonly endpoint: string;
  readonly method: string;
  readonly json: Readonly<Record<string, unknown>>;
  readonly isProtobuf: boolean;
  /** Absent of all that has no place in a model's order. */
  readonly submitted: Submitted | undefined;
  readonly accept: string;
  readonly credential: string;
  readonly idempotencyKey: string | undefined;
  readonly retryCount: number;
}

const prefix = '/api/v1/';

export function readRequest({ path, method, headers, body }: TransportRequest): Reading {
  const endpoint = path.slice(path.indexOf(prefix) + prefix.length).replace(/\?.*$/, '');
  const isProtobuf = body instanceof Uint8Array;
  const json: unknown = typeof body === 'string' && body !== '' ? JSON.parse(body) : {};
  const record = asRecord(json);
  return {
    endpoint,
    method,
    json: record,
    isProtobuf,
    submitted: isProtobuf ? passInProtobuf(body) : submittedIn(endpoint, record),
    accept: headers['accept'] ?? '',
    credential: headers['x-api-key'] ?? '',
    idempotencyKey: headers['x-idempotency-key'],
    retryCount: Number(headers['x-stainless-retry-count'] ?? 0),
  };
}

export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** A string or a number as text; nothing of all else. */
export function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** The first token of a pass's first datum says which operation it belongs to, and the datum's place in it. */
function passInProtobuf(body: Uint8Array): Submitted {
  const message = new ProtoMessage(body);
  const data = message.messages(3);
  const [datum] = data;
  const [chunk] = datum?.messages(1) ?? [];
  const [content] = chunk?.messages(1) ?? [];
  const tokens = content?.bytes(1) ?? new Uint8Array(4);
  const token = new DataView(tokens.buffer, tokens.byteOffset).getInt32(0, true);
  return { modelId: message.text(1), seqId: message.integer(2), identity: passIdentity(message.integer(6) === 1, token), datums: data.length };
}

export function passIdentity(forwardOnly: boolean, firstToken: number): string {
  return `${forwardOnly ? 'forward' : 'backward'} ${firstToken}`;
}

function submittedIn(endpoint: string, json: Readonly<Record<string, unknown>>): Submitted | undefined {
  const identity = identityIn(endpoint, json);
  const { model_id: modelId, seq_id: seqId } = json;
  return identity === undefined || typeof modelId !== 'string' || typeof seqId !== 'number' ? undefined : { modelId, seqId, identity, datums: datumsIn(json) };
}

function identityIn(endpoint: string, json: Readonly<Record<string, unknown>>): string | undefined {
  switch (endpoint) {
    case 'forward_backward':
      return passIdentity(false, firstToken(json['forward_backward_input']));
    case 'forward':
      return passIdentity(true, firstToken(json['forward_input']));
    case 'optim_step':
      return `step ${Math.round(Number(asRecord(json['adam_params'])['learning_rate']) * 1e6)}`;
    case 'save_weights':
      return `save ${text(json['path'])}`;
    case 'save_weights_for_sampler':
      return json['path'] === undefined ? `ephemeral ${text(json['seq_id'])}` : `sampler ${text(json['path'])}`;
    case 'load_weights':
      return `load ${text(json['path'])}${json['optimizer'] === true ? ' with optimizer' : ''}`;
    default:
      return undefined;
  }
}

function datumsIn(json: Readonly<Record<string, unknown>>): number {
  return asArray(asRecord(json['forward_backward_input'] ?? json['forward_input'])['data']).length;
}

function firstToken(input: unknown): number {
  const [datum] = asArray(asRecord(input)['data']);
  const [chunk] = asArray(asRecord(asRecord(datum)['model_input'])['chunks']);
  const [token] = asArray(asRecord(chunk)['tokens']);
  return Number(token);
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
