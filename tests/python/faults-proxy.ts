import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request on its way to the server. */
export interface Passing {
  /** What follows `/api/v1/`. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** What is said instead of the server. */
export interface Instead {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface Proxy {
  readonly url: string;
  /** Every request, in order of arrival. */
  readonly passed: readonly Passing[];
  close(): Promise<void>;
}

/** Stands before a server: writes down what passes, and answers itself where `instead` says so. */
export async function startProxy(serverUrl: string, instead: (passing: Passing) => Instead | undefined): Promise<Proxy> {
  const passed: Passing[] = [];
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await buffer(incoming);
    const { url: path = '/', method, headers } = incoming;
    const passing = { endpoint: path.replace(/^\/api\/v1\//, ''), headers, text: body.toString('utf8') };
    passed.push(passing);
    const answer = instead(passing);
    if (answer !== undefined) {
      outgoing.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
      outgoing.end(JSON.stringify(answer.body));
      return;
    }
    const onwards = send(new URL(path, serverUrl), { method, headers: { ...headers, host: new URL(serverUrl).host } }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    onwards.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onwards.destroy());
    onwards.end(body);
  };
  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${portOf(address)}`,
    passed,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return address.port;
}
