import * as t from 'io-ts';

const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The bytes of standard base64 text with padding (wire protocol §1.5); undefined when it is none. */
export function fromBase64(text: string): Uint8Array | undefined {
  return base64Pattern.test(text) ? new Uint8Array(Buffer.from(text, 'base64')) : undefined;
}

/** Bytes as standard base64 text with padding. */
function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Bytes; in JSON they are base64 text (wire protocol §1.5). */
export const Bytes = new t.Type<Uint8Array, string>(
  'Bytes',
  (value): value is Uint8Array => value instanceof Uint8Array,
  (value, context) => {
    const bytes = typeof value === 'string' ? fromBase64(value) : undefined;
    return bytes === undefined ? t.failure(value, context, 'expected base64 text') : t.success(bytes);
  },
  toBase64,
);
