import { inspect } from 'node:util';
import { messageOf } from '../types/errors.js';
import { errorCode } from './failure.js';

const shown = '[API key]';
// Shorter ones are made up for a server of one's own; taking them out would garble ordinary words.
const shortestSecret = 8;

/** Takes a key out of what a server or a proxy says: some repeat the headers that they refuse. */
export function hideSecret(text: string, secret: string): string {
  return secret.length < shortestSecret ? text : text.replaceAll(secret, shown);
}

/**
 * The same for anything thrown while sending. What holds the key anywhere, such as the request that a
 * replaced `fetch` attaches, gives way to an error with its message and code alone.
 */
export function hideSecretIn(thrown: unknown, secret: string): unknown {
  const everything = inspect(thrown, { depth: 10, maxArrayLength: null, maxStringLength: null });
  if (hideSecret(everything, secret) === everything) return thrown;
  const code = errorCode(thrown);
  return Object.assign(new Error(hideSecret(messageOf(thrown), secret)), code === undefined ? {} : { code });
}
