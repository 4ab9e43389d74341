import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach } from '@jest/globals';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A connection without a client: what is written goes out as it is. */
export interface RawClient {
  readonly socket: Socket;
  /** All that came, once the other side has ended the connection or `enough` says so. */
  readonly heard: (enough?: (text: string) => boolean) => Promise<string>;
}

/** Connects to a server, and sends these bytes. */
export function rawClient(url: string, ...parts: readonly (string | Uint8Array)[]): RawClient {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = '';
  let wake: () => void = () => undefined;
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
    wake();
  });
  // A connection that is cut while it is written to is what is being tried.
  socket.on('error', () => wake());
  socket.on('close', () => wake());
  for (const part of parts) socket.write(part);
  closing.push(() => Promise.resolve(socket.destroy()));
  return {
    socket,
    heard: async (enough = () => false) => {
      while (!socket.destroyed && !socket.readableEnded && !enough(text)) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return text;
    },
  };
}

/** A server that says something to everybody who connects and has asked for something. */
export async function rawServer(answer: (socket: Socket, asked: string) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    let asked = '';
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (bytes) => {
      asked += bytes.toString('latin1');
      if (!asked.includes('\r\n\r\n')) return;
      const whole = asked;
      asked = '';
      answer(socket, whole);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a port');
  return `http://127.0.0.1:${address.port}`;
}
