import * as t from 'io-ts';
import { Integer } from '../types/ids.js';
import { readJsonLossless } from '../wire/json-bigint.js';
import { decompressed } from './bodies-decompress.js';
import type { ServerContext } from './context.js';
import { messageOf } from './engine/engine-error.js';
import { HttpError } from './http-error.js';

const Numbered = t.type({ model_id: t.string, seq_id: Integer });

/**
 * Reads a JSON body once. Whole numbers that a double would round are bigints (wire protocol §4.6).
 * @throws HttpError 400 when it is not JSON, 415 when it is of another kind, and as {@link readBytes}
 */
export async function readBody(c: ServerContext): Promise<unknown> {
  const known = c.get('body');
  if (known !== undefined) return known;
  const contentType = c.req.header('content-type') ?? 'application/json';
  if (!/\bjson\b/i.test(contentType)) throw new HttpError(415, `Content-Type ${contentType} is not taken here; send application/json.`);
  const bytes = await readBytes(c);
  try {
    const body = readJsonLossless(new TextDecoder().decode(bytes));
    if (Numbered.is(body)) c.set('numbered', { modelId: body.model_id, seqId: body.seq_id });
    c.set('body', body);
    return body;
  } catch (thrown) {
    throw new HttpError(400, `The body is not JSON: ${messageOf(thrown)}`);
  }
}

/**
 * Reads a body, decompressed.
 * @throws HttpError 413 when it is too large, 415 for an unknown `Content-Encoding`, 422 when it is not what that says
 */
export async function readBytes(c: ServerContext): Promise<Uint8Array> {
  const most = c.get('maxBodyBytes');
  const bytes = await readAtMost(c, most);
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
