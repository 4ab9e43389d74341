import { isRecord } from '../../../src/types/check.js';
import type { Program } from '../programs/program.js';
import { align } from './align.js';
import { contentOf, ownerOf } from './content.js';
import { lanesOf } from './lanes.js';
import { knownBytes } from './pass-bytes.js';
import type { RequestRecord } from './record.js';
import { valuesApart } from './values-apart.js';

/** One thing in which two clients differ. */
export interface Found {
  /**
   * `missing`: a request that only the SDK makes, at that place; `extra`: one that only we make. The others name a
   * part of a request that both make: `header`, `content` (by value), `fieldOrder` of JSON, `bytes` of protobuf
   * beyond its content, and the answer's `status`.
   */
  readonly kind: 'missing' | 'extra' | 'header' | 'content' | 'fieldOrder' | 'bytes' | 'status';
  /** Method, path and query. */
  readonly request: string;
  /** Header, or place in the content; empty for a whole request. */
  readonly at: string;
  /** What the SDK sends there, as text; undefined for nothing. */
  readonly theirs: string | undefined;
  readonly ours: string | undefined;
}

/** What two runs of a program have in common, and what they have not. */
export interface Comparison {
  /** How many requests both make. */
  readonly compared: number;
  readonly found: readonly Found[];
}

/** Compares two runs of a program request by request, field by field. */
export function compare(theirs: readonly RequestRecord[], ours: readonly RequestRecord[], order: Program['order']): Comparison {
  const [theirLanes, ourLanes] = [lanesOf(theirs, order), lanesOf(ours, order)];
  const names = [...new Set([...theirLanes.keys(), ...ourLanes.keys()])];
  const pairs = names.flatMap((name) => align(theirLanes.get(name) ?? [], ourLanes.get(name) ?? [], keyOf));
  const found = pairs.flatMap(([their, our]): Found[] => {
    if (their !== undefined && our !== undefined) return compareRequests(their, our);
    return [
      ...(their === undefined ? [] : [{ kind: 'missing' as const, request: whatOf(their), at: '', theirs: their.body ?? '', ours: undefined }]),
      ...(our === undefined ? [] : [{ kind: 'extra' as const, request: whatOf(our), at: '', theirs: undefined, ours: our.body ?? '' }]),
    ];
  });
  return { compared: pairs.filter((pair) => pair.every((one) => one !== undefined)).length, found };
}

function whatOf({ method, target }: RequestRecord): string {
  return `${method} ${target}`;
}

function keyOf(record: RequestRecord): string {
  return `${whatOf(record)} ${ownerOf(record) ?? ''}`;
}

function compareRequests(theirs: RequestRecord, ours: RequestRecord): Found[] {
  const found = (kind: Found['kind'], at: string, their: string | undefined, our: string | undefined): Found[] =>
    their === our ? [] : [{ kind, request: whatOf(ours), at, theirs: their, ours: our }];
  const names = new Set([...Object.keys(theirs.headers), ...Object.keys(ours.headers)]);
  const [their, our] = [contentOf(theirs), contentOf(ours)];
  return [
    ...[...names].flatMap((name) => found('header', name, theirs.headers[name], ours.headers[name])),
    ...valuesApart(their, our).flatMap(({ at, one, other }) => found('content', at, one, other)),
    ...found('bytes', '', bytesOf(theirs), bytesOf(ours)),
    ...found('fieldOrder', '', ...commonOrder(theirs, ours)),
    ...found('status', '', String(theirs.status), String(ours.status)),
  ];
}

/** All that a pass says, to the byte; what the protocol does not know is among the content's differences. */
function bytesOf({ protobuf }: RequestRecord): string | undefined {
  return protobuf === undefined ? undefined : knownBytes(Buffer.from(protobuf, 'base64')).toString('base64');
}

/** The order of the fields that both have, in JSON. */
function commonOrder(theirs: RequestRecord, ours: RequestRecord): [string, string] {
  if (theirs.protobuf !== undefined || ours.protobuf !== undefined) return ['', ''];
  const [their, our] = [fieldsOf(contentOf(theirs)), fieldsOf(contentOf(ours))];
  const shared = (fields: readonly string[], others: readonly string[]) => fields.filter((field) => others.includes(field)).join(' ');
  return [shared(their, our), shared(our, their)];
}

/** Every field with the path to it, in order. */
function fieldsOf(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((element, index) => fieldsOf(element, `${at}/${index}`));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, field]) => [`${at}/${name}`, ...fieldsOf(field, `${at}/${name}`)]);
}
