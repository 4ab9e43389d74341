import { createReadStream } from 'node:fs';
import { downloadPath } from './archive-signing.js';
import type { BuiltFile } from './archive-files.js';
import { parseRange } from './archive-range.js';
import { errorResponse, HttpError } from '../http-error.js';
import type { LocalApi } from '../local-api.js';
import type { ServerContext } from '../context.js';
import type { ServerApp } from '../routing.js';

/** The signed address of a file on this server, as the client of this request reaches it. */
export function signedUrl({ signer }: LocalApi, c: ServerContext, file: BuiltFile, name: string, expiresAt: number): string {
  return `${new URL(c.req.url).origin}${signer.sign(`${downloadPath}${file.key}/${name}`, expiresAt)}`;
}

/** Downloads by signed address: whole, or in parts (RFC 9110 §14). */
export function addDownloadRoutes(app: ServerApp, api: LocalApi): void {
  app.get(`${downloadPath}:key/:name`, (c) => {
    const { expires = '', signature = '' } = c.req.query();
    const refusal = api.signer.refusal(c.req.path, expires, signature, api.clock.now());
    if (refusal === 'forged') throw new HttpError(403, 'The signature of this address is wrong. Ask for the address again.');
    if (refusal === 'expired') throw new HttpError(403, 'The signature of this address has expired. Ask for the address again.');
    const file = api.files.find(c.req.param('key'));
    if (file === undefined) throw new HttpError(404, 'This file is not there any more. Ask for its address again.');
    return Promise.resolve(fileResponse(file, c));
  });
}

function fileResponse(file: BuiltFile, c: ServerContext): Response {
  const etag = `"${file.key}"`;
  const isSame = (c.req.header('if-range') ?? etag) === etag;
  const range = isSame ? parseRange(c.req.header('range'), file.sizeBytes) : undefined;
  if (range === 'unsatisfiable') {
    return errorResponse(416, `range: the file has ${file.sizeBytes} bytes`, { 'content-range': `bytes */${file.sizeBytes}`, 'accept-ranges': 'bytes' });
  }
  const { first, last } = range ?? { first: 0, last: file.sizeBytes - 1 };
  const headers = {
    'content-type': c.req.path.endsWith('.json') ? 'application/json' : 'application/gzip',
    'content-length': String(last - first + 1),
    'accept-ranges': 'bytes',
    etag,
    ...(range === undefined ? {} : { 'content-range': `bytes ${first}-${last}/${file.sizeBytes}` }),
  };
  const body = c.req.method === 'HEAD' ? null : streamOf(file.path, first, last);
  return new Response(body, { status: range === undefined ? 200 : 206, headers });
}

/** Reads as fast as the client takes, and stops when it goes. */
function streamOf(path: string, first: number, last: number): ReadableStream<Uint8Array> {
  const pieces = createReadStream(path, { start: first, end: last });
  const reader: AsyncIterator<unknown> = pieces[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const next = await reader.next();
      if (next.done === true) controller.close();
      else if (next.value instanceof Uint8Array) controller.enqueue(next.value);
    },
    cancel: () => void pieces.destroy(),
  });
}
