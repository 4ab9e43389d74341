import type { TinkerError } from './errors.js';

/** What one failed attempt means for the request. */
export interface AttemptFailure {
  readonly error: TinkerError;
  /**
   * `transient`: the same request may be sent again; `billing`: again, once the account is in order;
   * `definite`: the server has said no.
   */
  readonly verdict: 'transient' | 'billing' | 'definite';
  /** Whether the server may have taken the request although no usable answer arrived. */
  readonly mayBeTaken: boolean;
  /** Pause that the server asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The raw answer; empty when there was none. */
  readonly body: string;
}

/** A body as it goes onto the wire, made once and sent again unchanged. */
export interface EncodedBody {
  readonly content: string | Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  /** How the content is compressed; absent when it is not. */
  readonly contentEncoding?: string;
}
