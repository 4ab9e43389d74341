import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono, MiddlewareHandler } from 'hono';
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import type { Route } from '../api/route.js';
import { report } from '../types/decode.js';
import { Integer } from '../types/ids.js';
import { messageOf } from './engine/engine-error.js';
import { HttpError, jsonResponse } from './http-error.js';
import type { RunRegistry } from './runs.js';

/** What handlers find in their context. */
export interface ServerEnv {
  /** Absent when a request is handed in without a socket. */
  Bindings: Partial<HttpBindings>;
  Variables: {
    /** The parsed body, as far as it was read. */
    body: unknown;
    /** Largest body taken, in bytes. */
    maxBodyBytes: number;
  };
}

export type ServerContext = Context<ServerEnv>;
export type ServerApp = Hono<ServerEnv>;

/** Answers an endpoint: decodes the request and encodes the answer with the route's own codecs. */
export function answer<Request, Answer>(
  app: ServerApp,
  route: Route<Request, Answer>,
  handle: (request: Request, c: ServerContext) => Promise<Answer> | Answer,
): void {
  answerRaw(app, route, async (request, c) => jsonResponse(route.response.encode(await handle(request, c))));
}

/** The same for an endpoint whose answer takes one of several shapes. */
export function answerRaw<Request>(
  app: ServerApp,
  route: Pick<Route<Request, unknown>, 'method' | 'path' | 'request'>,
  handle: (request: Request, c: ServerContext) => Promise<Response>,
): void {
  const codec = route.request;
  if (codec === undefined) throw new TypeError(`${route.path} takes no body`);
  app.on(route.method, route.path, async (c) => {
    const decoded = codec.decode(await readBody(c));
    if (E.isLeft(decoded)) throw new HttpError(422, report(decoded.left));
    return await handle(decoded.right, c);
  });
}

/**
 * Reads a body once, by its content type.
 * @throws HttpError 400 when it is not JSON, 413 when it is too large, 415 when it is of another kind
 */
export async function readBody(c: ServerContext): Promise<unknown> {
  const known = c.get('body');
  if (known !== undefined) return known;
  const contentType = c.req.header('content-type') ?? 'application/json';
  const encoding = c.req.header('content-encoding') ?? 'identity';
  if (contentType.includes('protobuf')) {
    throw new HttpError(415, `Content-Type ${contentType} is not taken by this server; send application/json (the JSON dialect of forward_backward).`);
  }
  if (encoding !== 'identity') throw new HttpError(415, `Content-Encoding ${encoding} is not taken by this server; send the body as it is.`);
  const text = await readText(c);
  try {
    const body: unknown = JSON.parse(text);
    c.set('body', body);
    return body;
  } catch (thrown) {
    throw new HttpError(400, `The body is not JSON: ${messageOf(thrown)}`);
  }
}

/** Hono's own limit fails on bodies of unknown length: it rebuilds the request, which the adaptor's requests do not bear. */
async function readText(c: ServerContext): Promise<string> {
  const most = c.get('maxBodyBytes');
  const tooLarge = (): HttpError => new HttpError(413, `The body is larger than ${most} bytes; send fewer datums at a time.`);
  const declared = c.req.header('content-length');
  if (Number(declared ?? 0) > most) throw tooLarge();
  if (declared !== undefined) return await c.req.text();
  const body: AsyncIterable<Uint8Array> | null = c.req.raw.body;
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body ?? []) {
    size += piece.byteLength;
    if (size > most) throw tooLarge();
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

const Numbered = t.type({ model_id: t.string, seq_id: Integer });

/** Refusals that a client takes as the last word; after others it sends the request again. */
const definite = new Set([400, 401, 403, 404, 405, 410, 413, 415, 422]);

/**
 * Counts a number as answered when the request that carried it was refused: its client goes on with
 * the next number, so waiting for this one would hold everything up (wire protocol §9.2).
 */
export function noteRefusals(runs: RunRegistry): MiddlewareHandler<ServerEnv> {
  return async (c, next) => {
    await next();
    if (!definite.has(c.res.status)) return;
    const body = c.get('body');
    if (Numbered.is(body)) runs.find(body.model_id)?.queue?.markAnswered(body.seq_id);
  };
}
