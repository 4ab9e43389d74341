import * as t from 'io-ts';
import { asample } from '../../api/sampling.js';
import { createModel, forwardBackward } from '../../api/training.js';
import { Integer } from '../../types/ids.js';
import { readJsonLossless } from '../../wire/read-json-bigint.js';
import { addressOfPass } from '../../wire/pass-request-proto.js';
import { decompressed } from './bodies-decompress.js';
import { isDeeperThan } from './bodies-depth.js';
import { readProtobufPass } from './bodies-pass.js';
import type { ServerContext } from '../context.js';
import { messageOf } from '../engine/engine-error.js';
import { HttpError } from '../http-error.js';

const Numbered = t.type({ model_id: t.string, seq_id: Integer });

const Seeded = t.type({ lora_config: t.type({ seed: t.unknown }) });

/** Clients nest what is their own up to 32 levels; what goes through a message goes through it by calling itself. */
const mostLevels = 64;

const protobufTypes = /^application\/(x-)?protobuf\b/i;

/**
 * Reads a body once: JSON, or a pass in protobuf.
 * @throws HttpError 400 when it is not JSON, nested too deep or breaks off, 413 when it is too large, 415 when it is of another kind,
 * 422 when it is not the protobuf message, or not what its `Content-Encoding` says
 */
export async function readBody(c: ServerContext): Promise<unknown> {
  const known = c.get('body');
  if (known !== undefined) return known;
  const contentType = c.req.header('content-type') ?? 'application/json';
  const isPass = protobufTypes.test(contentType) && c.req.path === forwardBackward.path && !c.get('jsonOnly');
  if (!isPass && !/\bjson\b/i.test(contentType)) throw new HttpError(415, `Content-Type ${contentType} is not taken here; send application/json.`);
  const bytes = await readBytes(c);
  const body = isPass ? readPass(c, bytes) : readJson(c, bytes);
  c.set('body', body);
  return body;
}

function readJson(c: ServerContext, bytes: Uint8Array): unknown {
  const body = parsed(c.req.path, bytes);
  if (Numbered.is(body)) c.set('numbered', { modelId: body.model_id, seqId: body.seq_id });
  if (isDeeperThan(body, mostLevels)) throw new HttpError(400, `The body is nested more than ${mostLevels} levels deep; no message is.`);
  return body;
}

function parsed(path: string, bytes: Uint8Array): unknown {
  try {
    return parseJson(path, new TextDecoder().decode(bytes));
  } catch (thrown) {
    throw new HttpError(400, `The body is not JSON: ${messageOf(thrown)}`);
  }
}

/** Numbers of samples and seeds have 64 bits (wire protocol §4.6); anywhere else a bigint would be a surprise. */
function parseJson(path: string, text: string): unknown {
  if (path === asample.path) return readJsonLossless(text);
  const body: unknown = JSON.parse(text);
  if (path !== createModel.path || !Seeded.is(body)) return body;
  const exact = readJsonLossless(text);
  return Seeded.is(exact) ? { ...body, lora_config: { ...body.lora_config, seed: exact.lora_config.seed } } : body;
}

/** A pass that is refused for what it holds has a number all the same. */
function readPass(c: ServerContext, bytes: Uint8Array): unknown {
  c.set('numbered', addressOfPass(bytes));
  return readProtobufPass(bytes);
}

async function readBytes(c: ServerContext): Promise<Uint8Array> {
  const most = c.get('maxBodyBytes');
  const bytes = await readAtMost(c, most).catch((thrown: unknown) => {
    throw thrown instanceof HttpError ? thrown : new HttpError(400, `The body broke off: ${messageOf(thrown)}`);
  });
  const encoding = (c.req.header('content-encoding') ?? 'identity').trim().toLowerCase();
  return encoding === 'identity' ? bytes : await decompressed(bytes, encoding, most);
}

/** Hono's own limit fails on bodies of unknown length: it rebuilds the request, which the adaptor's requests do not bear. */
async function readAtMost(c: ServerContext, most: number): Promise<Uint8Array> {
  const tooLarge = (): HttpError => new HttpError(413, `The body is larger than ${most} bytes; send fewer datums at a time.`);
  const declared = c.req.header('content-length');
  if (Number(declared ?? 0) > most) throw tooLarge();
  if (declared !== undefined) return new Uint8Array(await c.req.arrayBuffer());
  const body: AsyncIterable<Uint8Array> | null = c.req.raw.body;
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body ?? []) {
    size += piece.byteLength;
    if (size > most) throw tooLarge();
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
