/**
 * What an operation came to. It is kept once, as the numbers it consists of, and written when it is
 * read, in the form that the reader takes.
 */
export interface FutureResult {
  /** The result object as JSON text; numbers that are not finite are null (wire protocol §3.2). */
  readonly json: () => string;
  /** The result as a protobuf message (wire protocol §5); absent where the protocol has JSON only. */
  readonly protobuf?: () => Uint8Array<ArrayBuffer>;
}

/** A result that the protocol has in JSON only, as the object that goes out. */
export function jsonResult(wire: object): FutureResult {
  return { json: () => JSON.stringify(wire) };
}

/** A result in the form that one reader takes. */
export interface WrittenResult {
  readonly contentType: 'application/json' | 'application/x-protobuf';
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Writes a result for a reader: as protobuf when there is such a form and `accept`, the reader's
 * `Accept` header, names it; else as JSON (wire protocol §9.9).
 */
export function writeResult(result: FutureResult, accept: string): WrittenResult {
  if (result.protobuf !== undefined && accept.includes('application/x-protobuf')) {
    return { contentType: 'application/x-protobuf', bytes: result.protobuf() };
  }
  return { contentType: 'application/json', bytes: new TextEncoder().encode(result.json()) };
}
