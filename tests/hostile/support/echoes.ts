/** A server that repeats all secrets that it was ever sent, and the headers of the request, in every way that it can. */
export class EchoingFetch {
  /** What was told to telemetry. */
  readonly telemetry: string[] = [];
  readonly #secrets: readonly string[];
  readonly #heard = new Set<string>();
  readonly #good: typeof globalThis.fetch;
  readonly #counts = new Map<string, number>();

  constructor(secrets: readonly string[], good: typeof globalThis.fetch) {
    this.#secrets = secrets;
    this.#good = good;
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const endpoint = new URL(request.url).pathname.replace('/api/v1/', '');
    if (endpoint === 'telemetry') this.telemetry.push(await request.clone().text());
    const sent = `${[...request.headers.values()].join('\n')}\n${await request.clone().text()}`;
    for (const secret of this.#secrets) {
      if (sent.includes(secret) || sent.includes(JSON.stringify(secret).slice(1, -1))) this.#heard.add(secret);
    }
    const count = this.#counts.get(endpoint) ?? 0;
    this.#counts.set(endpoint, count + 1);
    // Between two bad answers a good one, so that the run goes on.
    const bad = count % 2 === 1 ? undefined : echoes[count / 2];
    return bad === undefined ? await this.#good(request) : bad(this.#said(request), request);
  };

  /** The secrets that were sent so far. */
  get heard(): readonly string[] {
    return [...this.#heard];
  }

  #said(request: Request): readonly string[] {
    return [...this.#heard, ...[...request.headers].map(([name, value]) => `${name}: ${value}`)];
  }
}

type Echo = (said: readonly string[], request: Request) => Response;

const json = (body: unknown, status: number, headers: Readonly<Record<string, string>> = {}) => Response.json(body, { status, headers });

const echoes: readonly Echo[] = [
  (said) => json({ detail: said.join(' ') }, 503, { 'retry-after': '0.01' }),
  (said) => json({ error: `${'x'.repeat(285)} ${said[0] ?? ''}`, category: 'user' }, 200),
  (said) => new Response(said.join('\n'), { status: 500 }),
  (said) => json({ supported_models: said.join(' '), request_id: 7, session_id: said, loss_fn_outputs: said.join(' '), metrics: said[0], path: said, sequences: said[0] }, 200),
  (said) => json({ type: 'try_again', queue_state: 'paused_capacity', queue_state_reason: said.join(' ') }, 200),
  (said) => new Response(`{"detail":"${said.map((text) => Array.from(text, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')).join(' ')}"}`, { status: 429 }),
  (said) => json({ detail: [{ loc: ['body', said[0]], msg: said.join(' ') }] }, 422),
  (said) => json({ detail: said.map((text) => Buffer.from(`a:${text}`).toString('base64')) .join(' ') }, 403),
  (said) => json({ detail: said.map(encodeURIComponent).join(' ') }, 409),
  (said) => new Response(null, { status: 302, headers: { location: `https://elsewhere.test/?key=${encodeURIComponent(said[0] ?? '')}` } }),
  (said) => json({ detail: said.join(' ') }, 402),
  (said, request) => {
    throw Object.assign(new TypeError(`fetch of ${said.join(' ')} failed`), { request, cause: Object.assign(new Error(said[0]), { code: `E_${said[0] ?? ''}` }) });
  },
  (said) => new Response(`not json ${said.join(' ')}`, { status: 200 }),
  (said) => json({ detail: said.join(' ') }, 410),
  (said) => json({ detail: said.join(' ') }, 404),
  (said) => json({ detail: said.join(' ') }, 400),
  (said) => json({ detail: said.join(' ') }, 401),
];
