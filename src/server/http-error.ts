/** A refusal with an HTTP status; its message goes out as `detail` (wire protocol §1.8). */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.status = status;
    this.headers = headers;
  }
}

const longestDetail = 2000;

/**
 * The answer to a refused request. The length is always given: clients take a 400 without one for
 * the word of a proxy and send the request again (wire protocol §1.12). A long text is cut: it repeats what was sent.
 */
export function errorResponse(status: number, detail: string, headers: Readonly<Record<string, string>> = {}): Response {
  return jsonResponse({ detail: detail.length > longestDetail ? `${detail.slice(0, longestDetail)}…` : detail }, status, headers);
}

/** A JSON answer with its length. */
export function jsonResponse(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return jsonTextResponse(JSON.stringify(body), status, headers);
}

/** An answer whose JSON text is there already. */
export function jsonTextResponse(text: string, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  const bytes = Buffer.byteLength(text);
  return new Response(text, {
    status,
    headers: { 'content-type': 'application/json', 'content-length': String(bytes), ...headers },
  });
}

/** An answer of raw bytes, with its length. */
export function bytesResponse(bytes: Uint8Array<ArrayBuffer>, contentType: string): Response {
  return new Response(bytes, { headers: { 'content-type': contentType, 'content-length': String(bytes.length) } });
}

/** Answers anything that a handler threw; what is not ours to explain becomes a plain 500. */
export function responseFor(thrown: unknown, log: (line: string) => void): Response {
  if (thrown instanceof HttpError) return errorResponse(thrown.status, thrown.message, thrown.headers);
  log(`unexpected error: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`);
  return errorResponse(500, 'Internal server error; the server log has the details.');
}
