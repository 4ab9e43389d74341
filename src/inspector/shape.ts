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
  const needed: FieldTest[] = [];
  for (const key in required) needed.push([key, required[key].is]);
  const possible: FieldTest[] = [];
  for (const key in optional) possible.push([key, optional[key].is]);
  const is = (value: unknown): value is T =>
    isRecord(value) &&
    needed.every(([key, fits]) => fits(value[key])) &&
    possible.every(([key, fits]) => value[key] === undefined || fits(value[key]));
  return new t.Type<T, unknown>(name, is, (value, context) => (is(value) ? t.success(value) : t.failure(value, context)), t.identity);
}
