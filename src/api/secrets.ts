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
  /** What is shown instead, by each way of writing a secret. */
  readonly #names = new Map<string, string>();
  readonly #tokens: { readonly token: string; readonly forms: readonly string[] }[] = [];

  /** @param name what is shown instead, such as `API key` */
  add(secret: string, name: string): void {
    // Of a scheme and a credential, as headers have them, the credential alone is secret too.
    for (const one of [secret, secret.slice(secret.lastIndexOf(' ') + 1)]) {
      if (one.length < shortestSecret) continue;
      for (const form of formsOf(one)) {
        if (!this.#names.has(form)) this.#names.set(form, name);
      }
    }
  }

  /** The same for one of many that follow each other; the oldest are forgotten. */
  addToken(token: string): void {
    if (this.#tokens.some((known) => known.token === token)) return;
    if (token.length >= shortestSecret) this.#tokens.push({ token, forms: formsOf(token) });
    if (this.#tokens.length > mostTokens) this.#tokens.shift();
  }

  /** The text without secrets, however they are written: those that are known, what a cut left of them, and whatever looks like a JWT. */
  hide(text: string): string {
    const named = [...this.#names, ...this.#tokens.flatMap(({ forms }) => forms.map((form) => [form, 'JWT'] as const))];
    // The longest first: one may be the beginning of another.
    named.sort(([one], [other]) => other.length - one.length);
    const shown = named.reduce((rest, [secret, name]) => rest.replaceAll(secret, `[${name}]`), text).replaceAll(anyJwt, '[JWT]');
    return shown.includes(ellipsis) ? named.reduce(withoutBeginnings, shown) : shown;
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

const ellipsis = '…';

/** Takes out what stands before an ellipsis and is the beginning of a secret: long texts are cut anywhere. */
function withoutBeginnings(text: string, [secret, name]: readonly [string, string]): string {
  return text
    .split(ellipsis)
    .map((part, index, parts) => {
      if (index === parts.length - 1) return part;
      for (let length = Math.min(secret.length, part.length); length >= shortestSecret; length -= 1) {
        if (part.endsWith(secret.slice(0, length))) return `${part.slice(0, -length)}[${name}]`;
      }
      return part;
    })
    .join(ellipsis);
}

/** A secret as it is, and as JSON, addresses and headers write it. */
function formsOf(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  // In base64 it depends on what comes before; the ends hold a part of what is around it.
  const base64 = [0, 1, 2].map((before) => Buffer.from(`${' '.repeat(before)}${secret}`).toString('base64').replace(/=+$/, '').slice(before === 0 ? 0 : before + 1, -1));
  const forms = [secret, json, json.replaceAll('/', '\\/'), encodeURIComponent(secret), ...base64, ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))];
  return [...new Set(forms)].filter((form) => form.length >= shortestSecret);
}
