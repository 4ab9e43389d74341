import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach } from '@jest/globals';
import type { RestClient } from '../../src/rest-client.js';
import { ServiceClient } from '../../src/service-client.js';
import { hurriedTime, type HurriedTime } from './hurried.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A real server of archives on this machine: what it answers is scripted, what it was asked recorded. */
export interface ArchiveHost {
  readonly rest: RestClient;
  readonly service: ServiceClient;
  readonly time: HurriedTime;
  readonly origin: string;
  /** Scripts the next answers to the question where the archive is. */
  readonly signs: (...handlers: Handler[]) => void;
  /** Scripts the next answers of the store. */
  readonly stores: (...handlers: Handler[]) => void;
  /** Requests to the API, then to the store, in order. */
  readonly asked: IncomingMessage[];
  readonly fetched: IncomingMessage[];
}

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

export async function archiveHost(): Promise<ArchiveHost> {
  const [signs, stores, asked, fetched]: [Handler[], Handler[], IncomingMessage[], IncomingMessage[]] = [[], [], [], []];
  const server = createServer((request, response) => {
    const isStore = request.url?.startsWith('/store') === true;
    const isArchive = request.url?.endsWith('/archive') === true;
    if (isStore) fetched.push(request);
    if (isArchive) asked.push(request);
    const handler = isStore ? stores.shift() : isArchive ? signs.shift() : undefined;
    (handler ?? status(404))(request, response);
  });
  const origin = await listening(server);
  const time = hurriedTime();
  const service = new ServiceClient({ baseUrl: origin, apiKey: 'tml-secret-key', environment: time.environment });
  open.push(async () => {
    await service.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    rest: service.createRestClient(),
    service,
    time,
    origin,
    signs: (...handlers) => void signs.push(...handlers),
    stores: (...handlers) => void stores.push(...handlers),
    asked,
    fetched,
  };
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a port');
  return `http://127.0.0.1:${address.port}`;
}

/** An answer without content. */
export function status(code: number, body = '{"detail":"scripted"}'): Handler {
  return (_, response) => response.writeHead(code, { 'content-type': 'application/json' }).end(body);
}

/** A redirect to the store. */
export function signed(path = '/store/archive?signature=secret-signature', expires?: Date): Handler {
  return (_, response) => response.writeHead(302, { location: path, ...(expires === undefined ? {} : { expires: expires.toUTCString() }) }).end();
}

/** The file, or the part of it that is asked for. */
export function file(bytes: Buffer, etag = '"v1"'): Handler {
  return (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? Number.NaN);
    if (Number.isNaN(from) || (request.headers['if-range'] ?? etag) !== etag) {
      response.writeHead(200, { 'content-length': bytes.length, etag }).end(bytes);
      return;
    }
    const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(206, { 'content-length': bytes.length - from, 'content-range': range, etag }).end(bytes.subarray(from));
  };
}

/** The beginning of the file; the connection breaks when `isTaken` resolves. */
export function breaking(bytes: Buffer, count: number, isTaken: Promise<void>, etag = '"v1"'): Handler {
  return (_, response) => {
    response.writeHead(200, { 'content-length': bytes.length, etag }).write(bytes.subarray(0, count));
    void isTaken.then(() => response.destroy());
  };
}
