import { mostResultBytes, tooLarge } from './answer-limit.js';
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
  /** Most bytes that the answer may have, as it comes and as it is unpacked. Default 1 GiB. */
  readonly mostBytes?: number | undefined;
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
 * nothing, and has no deadlines of its own but that of connecting. An answer that is too long rejects
 * with a TinkerError `malformedResponse`, and is not read to its end.
 */
export interface Transport {
  /** What this way of sending says in every request. */
  readonly headers: Readonly<Record<string, string>>;
  send(request: TransportRequest): Promise<TransportReply>;
  /** Ends all connections; what is under way rejects. */
  close(): Promise<void>;
}

/**
 * Reads an answer of a `fetch` to its end.
 * @throws TinkerError `malformedResponse` when it is too long
 */
export async function readWhole(response: Response, mostBytes: number = mostResultBytes): Promise<TransportReply> {
  const answeredAt = performance.now();
  const { status, headers, body } = response;
  const bytes = body === null ? new Uint8Array(0) : await gathered(body, mostBytes);
  return { status, headers, bytes, downloadMs: performance.now() - answeredAt };
}

async function gathered(body: AsyncIterable<Uint8Array>, mostBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body) {
    length += part.length;
    if (length > mostBytes) throw tooLarge(mostBytes);
    parts.push(part);
  }
  const [first] = parts;
  return first !== undefined && parts.length === 1 ? first : Buffer.concat(parts);
}
