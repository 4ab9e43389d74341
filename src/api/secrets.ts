import { inspect } from 'node:util';
import { messageOf } from '../types/errors.js';
import { errorCode } from './failure.js';

// Shorter ones are made up for a server of one's own; taking them out would garble ordinary words.
const shortestSecret = 8;
// Tokens that ended long ago open nothing any more.
const mostTokens = 20;
const anyJwt = /eyJ[\w-]{6,}\.[\w-]+\.[\w-]*/g;

/**
 * What must never be shown. Servers and proxies repeat the headers that they refuse, and a replaced
 * `fetch` may attach the whole request to what it throws.
 */
export class Secrets {
  readonly #names = new Map<string, string>();
  readonly #tokens: string[] = [];

  /** @param name what is shown instead, such as `API key` */
  add(secret: string, name: string): void {
    if (secret.length >= shortestSecret && !this.#names.has(secret)) this.#names.set(secret, name);
  }

  /** The same for one of many that follow each other; the oldest are forgotten. */
  addToken(token: string): void {
    if (this.#tokens.includes(token)) return;
    if (token.length >= shortestSecret) this.#tokens.push(token);
    if (this.#tokens.length > mostTokens) this.#tokens.shift();
  }

  /** The text without secrets: those that are known, and whatever looks like a JWT. */
  hide(text: string): string {
    const named = [...this.#names, ...this.#tokens.map((token) => [token, 'JWT'] as const)];
    // The longest first: one may be the beginning of another.
    named.sort(([one], [other]) => other.length - one.length);
    return named.reduce((shown, [secret, name]) => shown.replaceAll(secret, `[${name}]`), text).replaceAll(anyJwt, '[JWT]');
  }

  /**
   * The same for anything thrown while sending. What holds a secret anywhere gives way to an error with
   * its message and code alone.
   */
  hideIn(thrown: unknown): unknown {
    const everything = inspect(thrown, { depth: 10, maxArrayLength: null, maxStringLength: null });
    if (this.hide(everything) === everything) return thrown;
    const code = errorCode(thrown);
    return Object.assign(new Error(this.hide(messageOf(thrown))), code === undefined ? {} : { code: this.hide(code) });
  }
}
