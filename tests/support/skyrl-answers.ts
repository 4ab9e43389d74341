import { isRecord } from '../../src/types/check.js';
import { json } from './scripted-server.js';

/** A JSON object on the wire. */
export type Body = Readonly<Record<string, unknown>>;

/** The value when it is an object, else none of its fields. */
export function record(value: unknown): Body {
  return isRecord(value) ? value : {};
}

/** What FastAPI says where there is no such route. */
export function notFound(): Response {
  return failed(404, 'Not Found');
}

/** A refusal in words. */
export function failed(status: number, detail: string): Response {
  return json({ detail }, status);
}

/** What an exception that nobody caught becomes. */
export function plain500(): Response {
  return new Response('Internal Server Error', { status: 500, headers: { 'content-type': 'text/plain; charset=utf-8' } });
}

/** A refusal that names a field. */
export function wrongField(type: string, loc: readonly string[], msg: string): Response {
  return json({ detail: [{ type, loc, msg, input: null }] }, 422);
}

/** The refusal of a body that lacks a field; undefined where it has them all. */
export function required(body: Body, ...names: readonly string[]): Response | undefined {
  const missing = names.find((name) => body[name] === undefined);
  return missing === undefined ? undefined : wrongField('missing', ['body', missing], 'Field required');
}
