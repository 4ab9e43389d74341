import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { authToken, clientConfig } from '../api/service.js';
import { downloadPath } from './archives/archive-signing.js';
import type { ServerEnv } from './context.js';
import { errorResponse } from './http-error.js';
import { namesThisMachine } from './loopback.js';
import { tokenizersPath } from './tokenizers/tokenizer-routes.js';
import type { TokenIssuer } from './tokens.js';

const keyless = new Set(['/', '/api/v1/healthz']);

/** What takes the key although tokens are used: what comes before a client has one, and what no client of the API calls. */
const takesKey = (path: string): boolean => path === clientConfig.path || path === authToken.path || path.startsWith('/api/v1/local/');

/**
 * Checks `X-API-Key` on every call but the health check, the welcome, the tokenizers and downloads by
 * signed address (wire protocol §1.3). With `tokens` it holds one of those, and the key only until a client has one. The comparison
 * of keys takes the same time wherever they differ, and no secret ever appears in an answer or a log.
 */
export function requireCredential(apiKey: string, tokens: TokenIssuer | undefined): MiddlewareHandler<ServerEnv> {
  const expected = digest(apiKey);
  const refusalOf = async (given: string, path: string): Promise<string | undefined> => {
    if (given === '') return 'The X-API-Key header is missing: set TINKER_API_KEY to the key that the server was started with.';
    const isKey = timingSafeEqual(expected, digest(given));
    if (isKey && (tokens === undefined || takesKey(path))) return undefined;
    if (isKey) return `This server takes tokens only: exchange the API key for one at ${authToken.path} (wire protocol §1.3).`;
    const worth = tokens !== undefined && given.startsWith('eyJ') ? await tokens.check(given) : undefined;
    switch (worth) {
      case 'valid':
        return undefined;
      case 'expired':
        return `The token in X-API-Key has expired; get another one at ${authToken.path}.`;
      case 'forged':
        return `The token in X-API-Key was not issued by this server, or was changed; get another one at ${authToken.path}.`;
      case undefined:
        return 'The API key in X-API-Key is not the one that this server was started with.';
    }
  };
  return async (c, next) => {
    const { path } = c.req;
    if (!keyless.has(path) && !path.startsWith(tokenizersPath) && !path.startsWith(downloadPath)) {
      const refusal = await refusalOf(c.req.header('x-api-key') ?? '', path);
      if (refusal !== undefined) return errorResponse(401, refusal);
    }
    await next();
    return undefined;
  };
}

/**
 * Answers only under names of this machine. A web page whose name was made to lead here (DNS rebinding) could otherwise try
 * keys, and read what needs none.
 */
export function requireOwnName(allowed: readonly string[]): MiddlewareHandler<ServerEnv> {
  return async (c, next) => {
    const host = c.req.header('host');
    if (host !== undefined && !namesThisMachine(host, allowed)) {
      return errorResponse(421, 'This server answers under 127.0.0.1 and localhost only; behind a proxy, name the host in the option allowedHosts.');
    }
    await next();
    return undefined;
  };
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
