import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { TinkerError } from '../types/errors.js';
import type { ServerApp } from './routing.js';

/** An open port. */
export interface Listening {
  readonly url: string;
  /** Closes the port; connections get `graceMs` to finish what they are doing. */
  close(graceMs: number): Promise<void>;
}

/** How long clients may take, and how many there may be. */
export interface ListenLimits {
  /** Milliseconds for all headers of a request. Default 30,000. */
  readonly headersMs: number;
  /** Milliseconds without a byte of a body that has begun. Default 60,000. */
  readonly idleBodyMs: number;
  /** Milliseconds between two looks for connections whose headers take too long. Default 5,000. */
  readonly checkMs: number;
  /** Connections at one time; more are closed at once. Default 10,000. */
  readonly connections: number;
}

const usualLimits: ListenLimits = { headersMs: 30_000, idleBodyMs: 60_000, checkMs: 5_000, connections: 10_000 };

/**
 * Opens a port for the app; the only place that does.
 * @throws TinkerError `connection` when the port is taken or the address is not one of this machine
 */
export async function listen(app: ServerApp, host: string, port: number, limits: ListenLimits = usualLimits): Promise<Listening> {
  // The standard Request and Response of this process stay untouched: it may be a user's program.
  const answer = getRequestListener((request, env) => app.fetch(request, env), { overrideGlobalObjects: false });
  const settings = { headersTimeout: limits.headersMs, requestTimeout: 0, connectionsCheckingInterval: limits.checkMs };
  // How long an upload takes in all is nobody's business here: a large batch over a slow line is fine, as long as it moves.
  const server = createServer(settings, (incoming, outgoing) => {
    incoming.setTimeout(limits.idleBodyMs, () => {
      if (!incoming.complete) incoming.socket.destroy();
    });
    incoming.once('end', () => incoming.setTimeout(0));
    void answer(incoming, outgoing);
  });
  server.maxConnections = limits.connections;
  // Longer than clients keep an idle connection, so that none is closed under a request on its way.
  server.keepAliveTimeout = 75_000;
  await open(server, host, port);
  const address = server.address();
  const openPort = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${reachableHost(host)}:${openPort}`,
    close: async (graceMs) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Whether a server at this address listens on every address of the machine. */
export function isEveryAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** The address of a server as clients on this machine write it: "every address" is none to connect to. */
export function reachableHost(host: string): string {
  if (isEveryAddress(host)) return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

async function open(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(explain(cause, host, port)));
    server.listen(port, host, resolve);
  });
}

function explain(cause: NodeJS.ErrnoException, host: string, port: number): TinkerError {
  const texts: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} on ${host} is in use. Stop what listens there, or choose another port (0 takes any free one).`,
    EACCES: `Port ${port} may not be opened by this user. Choose a port from 1024 on.`,
    EADDRNOTAVAIL: `${host} is not an address of this machine. Use 127.0.0.1 for this machine only, or 0.0.0.0 for all addresses.`,
  };
  return new TinkerError('connection', texts[cause.code ?? ''] ?? `Cannot listen on ${host}:${port}: ${cause.message}`, { cause });
}
