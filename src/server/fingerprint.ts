import { createHash, type Hash } from 'node:crypto';

/**
 * SHA-256 over what a decoded message says. Two requests with the same content have the same
 * fingerprint whatever their order of keys or their encoding, so a request sent again is recognised
 * without keeping it.
 */
export function fingerprint(message: unknown): string {
  const hash = createHash('sha256');
  add(hash, message);
  return hash.digest('base64');
}

function add(hash: Hash, value: unknown): void {
  if (ArrayBuffer.isView(value)) {
    hash.update(`${value.constructor.name}${value.byteLength}:`);
    hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  } else if (Array.isArray(value)) {
    hash.update(`[${value.length}:`);
    for (const item of value) add(hash, item);
  } else if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, held]) => held !== undefined);
    entries.sort(([left], [right]) => (left < right ? -1 : 1));
    hash.update(`{${entries.length}:`);
    for (const [key, held] of entries) {
      hash.update(`${JSON.stringify(key)}:`);
      add(hash, held);
    }
  } else {
    hash.update(`${typeof value}:${String(value)},`);
  }
}
