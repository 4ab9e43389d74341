import type { KyInstance } from 'ky';
import { toAbortSignal } from '../types/stop.js';
import { readWhole, type Transport } from './transport.js';

/** Requests through a `fetch` that a user brings: for proxies, for tests, for where there are no sockets. */
export function fetchTransport(fetch: typeof globalThis.fetch): Transport {
  let client: KyInstance | undefined;
  return {
    headers: {},
    send: async ({ origin, path, method, headers, body, signal, mostBytes }) => {
      client ??= await open(fetch);
      const given = { ...(body === undefined ? {} : { body }), ...(signal === undefined ? {} : { signal: toAbortSignal(signal) }) };
      return readWhole(await client(`${origin}${path}`, { method, headers, ...given }), mostBytes);
    },
    close: () => Promise.resolve(),
  };
}

/** Loaded with the first request: who brings no `fetch` does not need it. */
async function open(fetch: typeof globalThis.fetch): Promise<KyInstance> {
  const { default: ky } = await import('ky');
  // Statuses are read and retries decided by our own tables, so that there is exactly one retry
  // layer; deadlines belong to the machines, whose clock tests can drive.
  return ky.create({ retry: 0, timeout: false, throwHttpErrors: false, redirect: 'manual', fetch });
}
