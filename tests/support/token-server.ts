import { ServiceClient, type ServiceClientOptions } from '../../src/index.js';
import { json, ScriptedServer } from './scripted-server.js';
import { simulatedEnvironment, type SimulatedEnvironment } from './simulated.js';

/** A token with the given claims; its signature is nobody's. */
export function jwt(claims: Readonly<Record<string, unknown>>, signature = 'c2lnbmF0dXJl'): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.${signature}`;
}

/** What the exchange endpoint answers. */
type Exchange = (count: number, credential: string) => Response | Promise<Response>;

/** A scripted server that wants tokens, and refuses every request whose token has ended. */
export class TokenServer {
  readonly scripted: ScriptedServer;
  readonly environment: SimulatedEnvironment = simulatedEnvironment();
  /** The credentials that were exchanged, in order. */
  readonly exchanged: string[] = [];
  /** Tokens given so far, in order. */
  readonly issued: string[] = [];
  /** Requests that were refused for their token, by path. */
  readonly refused: string[] = [];
  /** Milliseconds that a token lives. */
  livesMs = 3_600_000;
  #exchange: Exchange = () => this.issue();

  constructor(config: Readonly<Record<string, unknown>> = {}) {
    this.scripted = new ScriptedServer({ pjwt_auth_enabled: true, ...config });
  }

  /** Replaces the exchange endpoint. */
  exchangeWith(exchange: Exchange): void {
    this.#exchange = exchange;
  }

  /** A token that ends when its time is over. */
  issue(claims: Readonly<Record<string, unknown>> = {}): Response {
    const exp = (this.environment.clock.now() + this.livesMs) / 1000;
    const token = jwt({ sub: 'urn:user:7', email: 'ada@example.org', exp, ...claims, jti: this.issued.length });
    this.issued.push(token);
    return json({ jwt: token });
  }

  client(options: Partial<ServiceClientOptions> = {}): ServiceClient {
    return new ServiceClient({
      baseUrl: 'http://scripted.test',
      apiKey: 'tml-first-credential',
      fetch: this.fetch,
      environment: this.environment,
      encoding: 'json',
      onError: () => undefined,
      ...options,
    });
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const credential = request.headers.get('X-API-Key') ?? '';
    const { pathname } = new URL(request.url);
    if (pathname === '/api/v1/auth/token') {
      this.exchanged.push(credential);
      return this.#exchange(this.exchanged.length, credential);
    }
    if (pathname !== '/api/v1/client/config' && !this.#isGood(credential)) {
      this.refused.push(pathname);
      return json({ detail: `token ${credential} has ended` }, 401);
    }
    return this.scripted.fetch(request);
  };

  #isGood(credential: string): boolean {
    if (!this.issued.includes(credential)) return false;
    const claims: unknown = JSON.parse(Buffer.from(credential.split('.')[1] ?? '', 'base64url').toString());
    const exp = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : undefined;
    return typeof exp !== 'number' || exp * 1000 > this.environment.clock.now();
  }
}
