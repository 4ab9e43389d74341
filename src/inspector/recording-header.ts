import * as t from 'io-ts';

/** The first line of a file of a recording. */
const Header = t.type({ tinkerjs: t.literal('recording'), version: t.number, service: t.string, at: t.number }, 'Header');
export type Header = t.TypeOf<typeof Header>;

/** Whether it is the first line of a file of a recording, of whatever version. */
export function isHeader(value: unknown): value is Header {
  return Header.is(value);
}
