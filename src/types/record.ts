import * as t from 'io-ts';
import * as E from 'fp-ts/lib/Either.js';
import { isRecord } from './check.js';

/**
 * An open map of names to values. Unlike io-ts' own record it keeps every name, `__proto__` among
 * them, as a field like any other; assigning that one would be lost and change what the object is.
 */
export function recordOf<A>(codec: t.Type<A, unknown>, name: string): t.Type<Readonly<Record<string, A>>, Readonly<Record<string, unknown>>> {
  const is = (value: unknown): value is Readonly<Record<string, A>> => isRecord(value) && Object.values(value).every(codec.is);
  return new t.Type(
    name,
    is,
    (value, context) => {
      if (!isRecord(value)) return t.failure(value, context, 'expected an object');
      const entries: [string, A][] = [];
      const errors: t.Errors = [];
      for (const [key, given] of Object.entries(value)) {
        const result = codec.validate(given, t.appendContext(context, key, codec, given));
        if (E.isLeft(result)) errors.push(...result.left);
        else entries.push([key, result.right]);
      }
      return errors.length > 0 ? t.failures(errors) : t.success(Object.fromEntries(entries));
    },
    (record) => Object.fromEntries(Object.entries(record).map(([key, value]) => [key, codec.encode(value)])),
  );
}
