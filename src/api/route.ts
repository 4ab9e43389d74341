import * as t from 'io-ts';

/**
 * One endpoint as a plain value, shared by the client that calls it and the local server that
 * answers it, so that the two cannot drift apart. The path may hold `{wire_name}` parameters: those
 * fields of the request are sent in the path, all others as `carries` says.
 */
export interface Route<Request, Response> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: `/api/v1/${string}`;
  /** Where the fields go that the path does not name. */
  readonly carries: 'body' | 'query';
  /** Absent on requests that say nothing. */
  readonly request: t.Type<Request, unknown> | undefined;
  /** `Nothing` on endpoints that answer nothing. */
  readonly response: t.Type<Response, unknown>;
  /** Milliseconds for one attempt (wire protocol §0.3). */
  readonly timeoutMs: number;
}

const defaultTimeoutMs = 60_000;

/** The answer of an endpoint that has nothing to say: any body, or none, is ignored (wire protocol §1.7). */
export const Nothing = new t.Type<void, undefined>(
  'Nothing',
  (value): value is undefined => value === undefined,
  () => t.success(undefined),
  () => undefined,
);

/** An endpoint that takes a JSON body. */
export function post<Request, Response>(
  path: `/api/v1/${string}`,
  request: t.Type<Request, unknown>,
  response: t.Type<Response, unknown>,
  timeoutMs: number = defaultTimeoutMs,
): Route<Request, Response> {
  return { method: 'POST', path, carries: 'body', request, response, timeoutMs };
}

/** An endpoint without a request. */
export function get<Response>(path: `/api/v1/${string}`, response: t.Type<Response, unknown>): Route<void, Response> {
  return { method: 'GET', path, carries: 'query', request: undefined, response, timeoutMs: defaultTimeoutMs };
}

/** An endpoint that is asked through its path and its query string. */
export function query<Request, Response>(
  path: `/api/v1/${string}`,
  request: t.Type<Request, unknown>,
  response: t.Type<Response, unknown>,
): Route<Request, Response> {
  return { method: 'GET', path, carries: 'query', request, response, timeoutMs: defaultTimeoutMs };
}

/** An endpoint that sets something, by a JSON body, and answers nothing. */
export function put<Request>(path: `/api/v1/${string}`, request: t.Type<Request, unknown>): Route<Request, void> {
  return { method: 'PUT', path, carries: 'body', request, response: Nothing, timeoutMs: defaultTimeoutMs };
}

/** An endpoint that does what its method and path say: no body goes or comes. */
export function command<Request>(
  method: 'POST' | 'DELETE',
  path: `/api/v1/${string}`,
  request: t.Type<Request, unknown>,
): Route<Request, void> {
  return { method, path, carries: 'query', request, response: Nothing, timeoutMs: defaultTimeoutMs };
}
