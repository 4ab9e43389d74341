import type { Reading } from '../network/reading.js';
import { json, refusal, type Reply } from './replies.js';

export const apiKey = 'tml-simulated-key-0001';

/** Who may ask: whoever has the key, or, where the server wants it, a token that the key was exchanged for. */
export class Accounts {
  readonly #wantsTokens: boolean;
  readonly #tokenSeconds: number;
  readonly #now: () => number;
  readonly #ends = new Map<string, number>();
  #count = 0;

  /** @param now seconds since 1970 */
  constructor(wantsTokens: boolean, tokenSeconds: number, now: () => number) {
    this.#wantsTokens = wantsTokens;
    this.#tokenSeconds = tokenSeconds;
    this.#now = now;
  }

  /** Why a request is turned away; undefined where it is not. */
  refused({ endpoint, credential }: Reading): Reply | undefined {
    const takesKey = !this.#wantsTokens || endpoint === 'client/config' || endpoint === 'auth/token';
    const isKnown = takesKey ? credential === apiKey : (this.#ends.get(credential) ?? 0) > this.#now();
    return isKnown ? undefined : refusal(401, 'Invalid credentials');
  }

  token(): Reply {
    this.#count += 1;
    const claims = { exp: Math.round(this.#now()) + this.#tokenSeconds, sub: 'user', jti: this.#count };
    const jwt = [{ alg: 'none' }, claims, { signed: true }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    this.#ends.set(jwt, claims.exp);
    return json({ jwt });
  }

  /** No token that was given so far opens anything any more. */
  revokeAll(): void {
    this.#ends.clear();
  }
}
