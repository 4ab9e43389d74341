import type { StopSignal } from '../types/stop.js';

/** One request, as it goes to the socket. */
export interface TransportRequest {
  /** Scheme, host and port. */
  readonly origin: string;
  /** From the slash on, with the query. */
  readonly path: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | undefined;
  /** Ends the request and its promise at once. */
  readonly signal: StopSignal | undefined;
}

/** Headers of an answer, by name in small letters. */
export interface ReplyHeaders {
  get(name: string): string | null;
}

/** An answer of any status, read to its end. */
export interface TransportReply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  /** The body, whatever its transfer or content encoding was. */
  readonly bytes: Uint8Array;
  /** Milliseconds from the first bytes of the answer to its last. */
  readonly downloadMs: number;
}

/**
 * How requests reach the socket. Rejects where no whole answer came; follows no redirect, repeats
 * nothing, and has no deadlines of its own but that of connecting.
 */
export interface Transport {
  /** What this way of sending says in every request. */
  readonly headers: Readonly<Record<string, string>>;
  send(request: TransportRequest): Promise<TransportReply>;
  /** Ends all connections; what is under way rejects. */
  close(): Promise<void>;
}

/** Reads an answer of a `fetch` to its end. */
export async function readWhole(response: Response): Promise<TransportReply> {
  const answeredAt = performance.now();
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes, downloadMs: performance.now() - answeredAt };
}
