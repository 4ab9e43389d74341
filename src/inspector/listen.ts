import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { messageOf, TinkerError } from '../types/errors.js';

/** An open port. */
export interface Port {
  readonly url: string;
  /** Closes it, with every connection. */
  close(): Promise<void>;
}

/** Where to listen. */
export interface Address {
  readonly host: string;
  /** Undefined for the default one, or any free one where it is taken. */
  readonly port: number | undefined;
  /** Whether the open port keeps the process alive. */
  readonly keepsAlive: boolean;
}

/** Port of an inspector that was not given another. */
export const defaultPort = 8472;

/**
 * Opens a port for the app.
 * @throws TinkerError `connection` when the port is taken or cannot be opened, with what to do
 */
export async function listen(app: Hono, { host, port, keepsAlive }: Address): Promise<Port> {
  // The standard Request and Response of this process stay untouched: it is a user's program.
  const answer = getRequestListener((request, env) => app.fetch(request, env), { overrideGlobalObjects: false });
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
  if (!keepsAlive) server.on('connection', (socket) => socket.unref());
  const opened = await open(server, host, port ?? defaultPort);
  if (opened?.code === 'EADDRINUSE' && port === undefined) {
    const again = await open(server, host, 0);
    if (again !== undefined) throw explain(again, host, 0);
  } else if (opened !== undefined) throw explain(opened, host, port ?? defaultPort);
  // Of a connection that breaks there is nobody to tell.
  server.on('error', () => undefined);
  if (!keepsAlive) server.unref();
  const address = server.address();
  const openPort = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${openPort ?? defaultPort}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Why it could not be opened; undefined when it was. */
async function open(server: Server, host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return await new Promise((resolve) => {
    const failed = (cause: NodeJS.ErrnoException): void => resolve(cause);
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve(undefined);
    });
  });
}

function explain(cause: NodeJS.ErrnoException, host: string, port: number): TinkerError {
  const texts: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} on ${host} is in use. Stop what listens there, choose another port, or leave it out: any free one is taken then.`,
    EACCES: `Port ${port} may not be opened by this user. Choose a port from 1024 on.`,
    EADDRNOTAVAIL: `${host} is not an address of this machine. Leave host out to listen on 127.0.0.1.`,
  };
  return new TinkerError('connection', texts[cause.code ?? ''] ?? `Cannot listen on ${host}:${port}: ${messageOf(cause)}`, { cause });
}
