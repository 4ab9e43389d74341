import * as t from 'io-ts';
import * as E from 'fp-ts/lib/Either.js';
import { isRecord } from './check.js';

/**
 * One message of the protocol as a codec. The decoded side is the public camelCase type, the
 * encoded side the wire shape. Every field is written once, as `camelName: field('wire_name', …)`,
 * and fields are encoded in the order in which they are written.
 */
export interface MessageField<A, Presence extends FieldPresence> {
  readonly wireName: string;
  readonly type: t.Decoder<unknown, A>;
  readonly presence: Presence;
  is(value: unknown): boolean;
  encode(value: A): unknown;
  /** What an absent wire field decodes to, and what {@link MessageCodec.make} fills in. */
  readonly fallback?: A;
}

type FieldPresence = 'required' | 'optional' | 'filled';
type AnyField = MessageField<unknown, FieldPresence>;
type Fields = Readonly<Record<string, AnyField>>;

type ValueOf<F> = F extends MessageField<infer A, FieldPresence> ? A : never;
type KeysWith<F extends Fields, P extends FieldPresence> = {
  [K in keyof F]: F[K]['presence'] extends P ? K : never;
}[keyof F];
type Flatten<T> = { [K in keyof T]: T[K] };
// With the keys as a parameter of their own a property keeps its field's doc comment.
type Values<F extends Fields, K extends keyof F> = { readonly [P in K]: ValueOf<F[P]> };
type OptionalValues<F extends Fields, K extends keyof F> = { readonly [P in K]?: ValueOf<F[P]> | undefined };

/** The decoded side: filled fields are always there, optional ones may be absent. */
export type MessageOf<F extends Fields> = Flatten<
  Values<F, KeysWith<F, 'required' | 'filled'>> & OptionalValues<F, KeysWith<F, 'optional'>>
>;

/** What {@link MessageCodec.make} takes: filled fields may be left out. */
export type MessageInput<F extends Fields> = Flatten<
  Values<F, KeysWith<F, 'required'>> & OptionalValues<F, KeysWith<F, 'optional' | 'filled'>>
>;

/** A wire object; what its fields hold is up to the message. */
export type WireObject = Readonly<Record<string, unknown>>;

/** The codec of a message, in terms of its fields: so declarations list them with their doc comments. */
export interface MessageCodec<F extends Fields> extends t.Type<MessageOf<F>, WireObject> {
  /** Completes a message: defaults and constants are filled in. */
  readonly make: (input: MessageInput<F>) => MessageOf<F>;
}

/** A field that must be there. */
export function field<A>(wireName: string, codec: t.Type<A, unknown>): MessageField<A, 'required'> {
  return { wireName, type: codec, is: codec.is, encode: codec.encode, presence: 'required' };
}

/** A field that is omitted when absent; `null` on the wire reads as absent. */
export function optional<A>(wireName: string, codec: t.Type<A, unknown>): MessageField<A, 'optional'> {
  return { wireName, type: codec, is: codec.is, encode: codec.encode, presence: 'optional' };
}

/** A field with a default, always sent; absent or `null` on the wire reads as the default. */
export function filled<A>(wireName: string, codec: t.Type<A, unknown>, fallback: A): MessageField<A, 'filled'> {
  return { wireName, type: codec, is: codec.is, encode: codec.encode, presence: 'filled', fallback };
}

/** A field with one possible value, always sent. */
export function constant<const A extends string>(wireName: string, value: A): MessageField<A, 'filled'> {
  return filled(wireName, t.literal(value), value);
}

/** Builds the codec of a message from its fields. Unknown wire fields are ignored. */
export function message<const F extends Fields>(name: string, fields: F): MessageCodec<F> {
  const entries = Object.entries(fields);
  const is = (value: unknown): value is MessageOf<F> =>
    isRecord(value) && entries.every(([key, entry]) => holds(value[key], entry));
  const fill = (value: Readonly<Record<string, unknown>>): Record<string, unknown> => {
    const made: Record<string, unknown> = {};
    for (const [key, entry] of entries) {
      const given = value[key] ?? entry.fallback;
      if (given !== undefined) made[key] = given;
    }
    return made;
  };

  const codec = new t.Type<MessageOf<F>, WireObject>(
    name,
    is,
    (value, context) => {
      if (!isRecord(value)) return t.failure(value, context, 'expected an object');
      const decoded: Record<string, unknown> = {};
      const errors: t.Errors = [];
      for (const [key, entry] of entries) {
        const given = value[entry.wireName];
        if ((given === undefined || given === null) && entry.presence !== 'required') {
          if (entry.fallback !== undefined) decoded[key] = entry.fallback;
          continue;
        }
        const result = entry.type.validate(given, t.appendContext(context, entry.wireName, entry.type, given));
        if (E.isLeft(result)) errors.push(...result.left);
        else decoded[key] = result.right;
      }
      if (errors.length > 0) return t.failures(errors);
      return is(decoded) ? t.success(decoded) : t.failure(value, context);
    },
    (decoded) => {
      const wire: Record<string, unknown> = {};
      const values = fill(decoded);
      for (const [key, entry] of entries) {
        if (values[key] !== undefined) wire[entry.wireName] = entry.encode(values[key]);
      }
      return wire;
    },
  );
  const make = (input: MessageInput<F>): MessageOf<F> => {
    const made = fill(input);
    if (is(made)) return made;
    const wrong = entries.filter(([key, entry]) => !holds(made[key], entry)).map(([key]) => key);
    throw new TypeError(`${name}: missing or of the wrong type: ${wrong.join(', ')}`);
  };
  return Object.assign(codec, { make });
}

function holds(value: unknown, entry: AnyField): boolean {
  return value === undefined ? entry.presence === 'optional' : entry.is(value);
}
