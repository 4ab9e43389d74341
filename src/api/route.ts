import type * as t from 'io-ts';

/**
 * One endpoint as a plain value, shared by the client that calls it and the local server that
 * answers it, so that the two cannot drift apart. Paths may hold `{name}` parameters.
 */
export interface Route<Request, Response> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: `/api/v1/${string}`;
  /** Absent on requests without a body. */
  readonly request: t.Type<Request, unknown> | undefined;
  readonly response: t.Type<Response, unknown>;
  /** Milliseconds for one attempt (wire protocol §0.3). */
  readonly timeoutMs: number;
}

const defaultTimeoutMs = 60_000;

/** An endpoint that takes a JSON body. */
export function post<Request, Response>(
  path: `/api/v1/${string}`,
  request: t.Type<Request, unknown>,
  response: t.Type<Response, unknown>,
  timeoutMs: number = defaultTimeoutMs,
): Route<Request, Response> {
  return { method: 'POST', path, request, response, timeoutMs };
}

/** An endpoint without a body. */
export function get<Response>(path: `/api/v1/${string}`, response: t.Type<Response, unknown>): Route<void, Response> {
  return { method: 'GET', path, request: undefined, response, timeoutMs: defaultTimeoutMs };
}
