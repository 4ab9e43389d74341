import type { Hono, MiddlewareHandler } from 'hono';
import * as E from 'fp-ts/lib/Either.js';
import { gather, routerPath } from '../api/route-target.js';
import type { Route } from '../api/route.js';
import { report } from '../types/decode.js';
import { readBody } from './bodies/bodies.js';
import type { ServerContext, ServerEnv } from './context.js';
import { HttpError, jsonResponse } from './http-error.js';
import type { RunRegistry } from './runs/runs.js';

export type ServerApp = Hono<ServerEnv>;

/** Answers an endpoint: decodes the request and encodes the answer with the route's own codecs. */
export function answer<Request, Answer>(
  app: ServerApp,
  route: Route<Request, Answer>,
  handle: (request: Request, c: ServerContext) => Promise<Answer> | Answer,
): void {
  answerRaw(app, route, async (request, c) => {
    const said = route.response.encode(await handle(request, c));
    return said === undefined ? new Response(null, { status: 204 }) : jsonResponse(said);
  });
}

/** The same for an endpoint whose answer takes one of several shapes. */
export function answerRaw<Request>(
  app: ServerApp,
  route: Pick<Route<Request, unknown>, 'method' | 'path' | 'carries' | 'request'>,
  handle: (request: Request, c: ServerContext) => Promise<Response>,
): void {
  const codec = route.request;
  if (codec === undefined) throw new TypeError(`${route.path} takes no request`);
  app.on(route.method, routerPath(route.path), async (c: ServerContext) => {
    const body = route.carries === 'body' ? await readBody(c) : undefined;
    const decoded = codec.decode(gather(route, { parameters: c.req.param(), query: c.req.query(), body }));
    if (E.isLeft(decoded)) throw new HttpError(422, report(decoded.left));
    return await handle(decoded.right, c);
  });
}

/** Refusals that a client takes as the last word; after others it sends the request again. */
const definite = new Set([400, 401, 403, 404, 405, 410, 413, 415, 422]);

/**
 * Counts a number as answered when the request that carried it was refused: its client goes on with
 * the next number, so waiting for this one would hold everything up (wire protocol §9.2). Should the
 * number come again at once, as a pass in JSON that was refused in protobuf, its turn is not over.
 */
export function noteRefusals(runs: RunRegistry): MiddlewareHandler<ServerEnv> {
  return async (c, next) => {
    await next();
    if (!definite.has(c.res.status)) return;
    const numbered = c.get('numbered');
    if (numbered !== undefined) runs.find(numbered.modelId)?.queue?.markAnswered(numbered.seqId);
  };
}
