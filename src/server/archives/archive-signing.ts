import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Where downloads are; their addresses are signed and need no API key. */
export const downloadPath = '/download/';

/** Signs addresses of downloads and checks them; the key lives as long as the server's process. */
export class UrlSigner {
  readonly #key = randomBytes(32);

  /** The address of a download on this server, from the path on; valid until `expiresAt` (milliseconds since the epoch). */
  sign(path: string, expiresAt: number): string {
    const expires = String(Math.ceil(expiresAt / 1000));
    return `${path}?expires=${expires}&signature=${this.#mac(path, expires).toString('hex')}`;
  }

  /** Why an address is not good; undefined when it is. */
  refusal(path: string, expires: string, signature: string, now: number): 'forged' | 'expired' | undefined {
    const expected = this.#mac(path, expires);
    // Checked as a text: reading hexadecimal digits stops in silence at the first that is none.
    const isText = /^[0-9a-f]{64}$/.test(signature);
    if (!isText || !timingSafeEqual(Buffer.from(signature, 'hex'), expected)) return 'forged';
    return Number(expires) * 1000 <= now ? 'expired' : undefined;
  }

  #mac(path: string, expires: string): Buffer {
    return createHmac('sha256', this.#key).update(`${path}\n${expires}`).digest();
  }
}
