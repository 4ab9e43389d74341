import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { errorResponse } from './http-error.js';
import type { ServerEnv } from './context.js';
import { tokenizersPath } from './tokenizer-routes.js';

const keyless = new Set(['/', '/api/v1/healthz']);

/**
 * Checks `X-API-Key` on every call but the health check, the welcome and the tokenizers (wire protocol §1.3). The comparison takes
 * the same time wherever the keys differ, and neither key ever appears in an answer or a log.
 */
export function requireApiKey(apiKey: string): MiddlewareHandler<ServerEnv> {
  const expected = digest(apiKey);
  return async (c, next) => {
    const given = c.req.header('x-api-key') ?? '';
    if (!keyless.has(c.req.path) && !c.req.path.startsWith(tokenizersPath)) {
      if (given === '') {
        return errorResponse(401, 'The X-API-Key header is missing: set TINKER_API_KEY to the key that the server was started with.');
      }
      if (!timingSafeEqual(expected, digest(given))) {
        return errorResponse(401, 'The API key in X-API-Key is not the one that this server was started with.');
      }
    }
    await next();
    return undefined;
  };
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
