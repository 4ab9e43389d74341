import { isRecord } from '../types/check.js';
import type { WireObject } from '../types/message.js';
import type { Route } from './route.js';

/** What a request is sent as: its path with the query string, and its body before it becomes JSON. */
export interface Target {
  readonly path: `/api/v1/${string}`;
  /** Undefined on requests without a body. */
  readonly body: unknown;
}

const parameter = /\{([a-z_]+)\}/g;

/** Puts the fields of a request where its route wants them. */
export function targetOf<I>(route: Pick<Route<I, unknown>, 'path' | 'carries' | 'request'>, input: I): Target {
  if (route.request === undefined) return { path: route.path, body: undefined };
  const wire = route.request.encode(input);
  if (!isRecord(wire)) return { path: route.path, body: wire };
  const inPath = parameterNames(route.path);
  const path: Target['path'] = `/api/v1/${route.path.slice('/api/v1/'.length).replace(parameter, (_, name: string) => segment(name, wire[name]))}`;
  const rest = Object.fromEntries(Object.entries(wire).filter(([name]) => !inPath.includes(name)));
  if (route.carries === 'body') return { path, body: rest };
  const asked = queryOf(rest);
  return { path: asked === '' ? path : `${path}?${asked}`, body: undefined };
}

/** Puts the parts of a received request back together, as the route's codec reads them. */
export function gather(
  route: Pick<Route<never, unknown>, 'carries'>,
  received: { readonly parameters: WireObject; readonly query: WireObject; readonly body: unknown },
): unknown {
  if (route.carries === 'query') return { ...received.query, ...received.parameters };
  return isRecord(received.body) ? { ...received.body, ...received.parameters } : received.body;
}

/** The names in a path, in order. */
export function parameterNames(path: string): string[] {
  return [...path.matchAll(parameter)].map(([, name]) => String(name));
}

/** The path in the way in which routers write it: `/training_runs/:training_run_id`. */
export function routerPath(path: string): string {
  return path.replace(parameter, ':$1');
}

/** All that a path segment may hold as it is; ids are not encoded, their colons least of all (wire protocol §1.6). */
const unsafe = /[^A-Za-z0-9._~!$&'()*+,;=:@-]/gu;

function segment(name: string, value: unknown): string {
  // A missing or a dotted segment would make the path one of another endpoint.
  if (typeof value !== 'string' || /^\.{0,2}$/.test(value)) throw new TypeError(`${name} cannot be part of a path`);
  return value.replace(unsafe, (character) => encodeURIComponent(character));
}

/** A query string by the rules of the protocol: what is null or empty is left out, lists are joined by commas (wire protocol §1.6). */
function queryOf(fields: WireObject): string {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    const text = queryText(value);
    if (text !== '') asked.append(name, text);
  }
  return asked.toString();
}

function queryText(value: unknown): string {
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
