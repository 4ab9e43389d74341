import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterwards } from './run.js';

/** A way to a port of this machine through another one, as `ssh -L` makes it, that can break. */
export interface Tunnel {
  readonly url: string;
  /** Bytes that came through to the browser so far. */
  received(): number;
  /** Breaks every connection, and takes no more. */
  cut(): Promise<void>;
  /** Takes connections again. */
  mend(): Promise<void>;
  /** Lets nothing through any more, without a word. */
  stall(): void;
}

/** Opens one; closed after the test. */
export async function openTunnel(to: string): Promise<Tunnel> {
  const target = new URL(to);
  const sockets = new Set<Socket>();
  let received = 0;
  let stalled = false;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // What breaks here was broken on purpose.
    socket.on('error', () => socket.destroy());
  };
  const listen = async (port: number): Promise<Server> => {
    const server = createServer((near) => {
      const far = connect(Number(target.port), target.hostname);
      keep(near);
      keep(far);
      near.pipe(far);
      far.on('data', (bytes) => {
        if (stalled) return;
        received += bytes.length;
        near.write(bytes);
      });
      far.on('close', () => near.end());
      near.on('close', () => far.destroy());
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  let server = await listen(0);
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const cut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  afterwards(cut);
  return {
    url: `http://127.0.0.1:${port}/${target.hash}`,
    received: () => received,
    cut,
    mend: async () => {
      stalled = false;
      server = await listen(port);
    },
    stall: () => {
      stalled = true;
    },
  };
}
