import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import type { RequestRecord } from './record.js';

const Headers = t.record(t.string, t.string);
const Line = t.intersection([
  t.strict({ method: t.string, target: t.string, headers: Headers, status: t.number }),
  t.partial({ body: t.string, protobuf: t.string }),
]);
const Fixture = t.strict({ sdk: t.string, headers: Headers, requests: t.array(Line) });

/** Which release of the SDK a fixture is from: the one that the protocol is, or the newest when it was recorded. */
export type Release = 'oldest' | 'newest';

export const releases: readonly Release[] = ['oldest', 'newest'];

/** What a release of the SDK sent when it ran a program. */
export interface Recording {
  /** Its version. */
  readonly sdk: string;
  readonly requests: readonly RequestRecord[];
}

export function fixturePath(release: Release, program: string): string {
  return fileURLToPath(new URL(`../fixtures/${release}/${program}.json`, import.meta.url));
}

/** @throws Error when there is no such fixture, or it cannot be read */
export async function readFixture(release: Release, program: string): Promise<Recording> {
  const decoded = Fixture.decode(JSON.parse(await readFile(fixturePath(release, program), 'utf8')));
  if (E.isLeft(decoded)) throw new Error(`${fixturePath(release, program)} is not a recording`);
  const { sdk, headers, requests } = decoded.right;
  return { sdk, requests: requests.map((request) => ({ ...request, headers: { ...headers, ...request.headers } })) };
}

/** A recording as text: headers that all requests share once, and each request on a line of its own. */
export function fixtureText({ sdk, requests }: Recording): string {
  const [first, ...others] = requests.map(({ headers }) => headers);
  const shared = Object.entries(first ?? {}).filter(([name, value]) => others.every((headers) => headers[name] === value));
  const names = new Set(shared.map(([name]) => name));
  const lines = requests.map(({ headers, ...rest }) =>
    JSON.stringify({ ...rest, headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !names.has(name))) }),
  );
  return `{"sdk":${JSON.stringify(sdk)},"headers":${JSON.stringify(Object.fromEntries(shared))},"requests":[\n${lines.join(',\n')}\n]}\n`;
}
