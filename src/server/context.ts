import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';

/** What handlers find in their context. */
export interface ServerEnv {
  /** Absent when a request is handed in without a socket. */
  Bindings: Partial<HttpBindings>;
  Variables: {
    /** The decoded body, as far as it was read. */
    body: unknown;
    /** The model and number of the request, as far as it was read and has them. */
    numbered: { readonly modelId: string; readonly seqId: number } | undefined;
    /** Largest body taken, in bytes; as sent, and again as decompressed. */
    maxBodyBytes: number;
    /** Whether passes are taken in JSON only. */
    jsonOnly: boolean;
  };
}

export type ServerContext = Context<ServerEnv>;
