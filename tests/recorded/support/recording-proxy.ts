import { once } from 'node:events';
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it arrived, and how it was answered. */
export interface Exchange {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  /** Names as sent, in the order in which they were sent. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Whole, however many pieces it came in. */
  readonly body: Buffer;
  readonly status: number;
  readonly answer: Buffer;
}

/** An answer that does not come from the server. */
export interface ScriptedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json: unknown;
}

/** Answers in the server's place; undefined passes a request on. */
export type Script = (target: string, body: Buffer) => ScriptedAnswer | undefined;

/** What a proxy does besides passing on. */
export interface ProxyRules {
  /** Makes the script of one run. */
  readonly script?: (() => Script) | undefined;
  /** A second key that the server takes for its own. */
  readonly otherKey?: string | undefined;
  /** Fields that replace those of what clients are told at their start. */
  readonly clientConfig?: Readonly<Record<string, unknown>> | undefined;
}

/** A server to stand in front of. */
export interface Target {
  readonly url: string;
  readonly apiKey: string;
}

/** Stands between a client and a server, passes everything on, and keeps what the client sent. */
export interface RecordingProxy {
  readonly url: string;
  /** In the order in which the requests were complete. */
  readonly exchanges: readonly Exchange[];
  /** Resolves when so many requests to an endpoint have been answered. */
  readonly until: (endpoint: string, count: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

const ownHeaders = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);

export async function startRecordingProxy({ url: serverUrl, apiKey }: Target, rules: ProxyRules = {}): Promise<RecordingProxy> {
  const exchanges: Exchange[] = [];
  const waiting = new Set<() => void>();
  const script = rules.script?.();
  const answered = async (request: Request): Promise<Answered> => {
    const scripted = script?.(request.target, request.body);
    if (scripted !== undefined) {
      const answerHeaders = Object.entries({ 'content-type': 'application/json', ...scripted.headers });
      return { status: scripted.status, answerHeaders, answer: Buffer.from(JSON.stringify(scripted.json)) };
    }
    const headers = request.headers.map(([name, value]) => [name, value === rules.otherKey ? apiKey : value] as const);
    const reply = await passOn(serverUrl, { ...request, headers });
    if (rules.clientConfig === undefined || request.target !== '/api/v1/client/config') return reply;
    const told: unknown = JSON.parse(reply.answer.toString());
    return { ...reply, answer: Buffer.from(JSON.stringify({ ...Object(told), ...rules.clientConfig })) };
  };

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await whole(incoming);
    const { method = '', url: target = '' } = incoming;
    const headers = pairs(incoming.rawHeaders);
    const place = exchanges.push({ method, target, headers, body, status: 0, answer: Buffer.alloc(0) }) - 1;
    const { status, answerHeaders, answer } = await answered({ method, target, headers, body });
    exchanges[place] = { method, target, headers, body, status, answer };
    response.writeHead(status, [...answerHeaders, ...(answer.length > 0 ? [['content-length', String(answer.length)]] : [])].flat());
    response.end(answer);
    for (const check of waiting) check();
  };
  const server = createServer((incoming, response) => {
    handle(incoming, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${portOf(server.address())}`,
    exchanges,
    until: (endpoint, count) =>
      new Promise((resolve) => {
        const check = () => {
          if (exchanges.filter(({ target, status }) => target === endpoint && status !== 0).length < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Request = Pick<Exchange, 'method' | 'target' | 'headers' | 'body'>;

interface Answered {
  readonly status: number;
  readonly answerHeaders: readonly (readonly [string, string])[];
  readonly answer: Buffer;
}

function passOn(serverUrl: string, { method, target, headers, body }: Request): Promise<Answered> {
  const kept = headers.filter(([name]) => !['host', 'connection', 'transfer-encoding'].includes(name.toLowerCase()));
  return new Promise((resolve, reject) => {
    const outgoing = ask(new URL(target, serverUrl), { method, headers: Object.fromEntries(kept) }, (reply) => {
      whole(reply).then(
        (answer) => {
          const answerHeaders = pairs(reply.rawHeaders).filter(([name]) => !ownHeaders.has(name.toLowerCase()));
          resolve({ status: reply.statusCode ?? 0, answerHeaders, answer });
        },
        reject,
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function whole(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  message.on('data', (piece: Buffer) => pieces.push(piece));
  await once(message, 'end');
  return Buffer.concat(pieces);
}

function pairs(rawHeaders: readonly string[]): (readonly [string, string])[] {
  return rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ''] as const] : []));
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the proxy listens on no port');
  return address.port;
}
