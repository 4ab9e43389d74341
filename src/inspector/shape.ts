import * as t from 'io-ts';
import { isRecord } from '../types/check.js';

type OptionalKeys<T> = { [K in keyof T]-?: object extends Pick<T, K> ? K : never }[keyof T];

/** A codec for each field that must be there. */
export type Needed<T> = { readonly [K in Exclude<keyof T, OptionalKeys<T>>]: t.Type<T[K], unknown> };
/** A codec for each field that may be absent. */
export type Possible<T> = { readonly [K in OptionalKeys<T>]-?: t.Type<Exclude<T[K], undefined>, unknown> };

type FieldTest = readonly [field: string, fits: (value: unknown) => boolean];

/** The codec of an interface. It lists every field with its exact type, or does not compile. Other fields are ignored. */
export function shape<T extends object>(name: string, required: Needed<T>, optional: Possible<T>): t.Type<T, unknown> {
  const needed = testsOf(required);
  const possible = testsOf(optional);
  const is = (value: unknown): value is T =>
    isRecord(value) &&
    needed.every(([key, fits]) => fits(value[key])) &&
    possible.every(([key, fits]) => value[key] === undefined || fits(value[key]));
  return new t.Type<T, unknown>(name, is, (value, context) => (is(value) ? t.success(value) : t.failure(value, context)), t.identity);
}

function testsOf(codecs: object): readonly FieldTest[] {
  const tests: FieldTest[] = [];
  Object.entries(codecs).forEach(([field, codec]: [string, unknown]) => {
    if (codec instanceof t.Type) tests.push([field, (value: unknown) => codec.is(value)]);
  });
  return tests;
}
