import type { Program } from '../programs/program.js';
import { namesOf, unpacked, type Rename } from './names.js';
import { renameModel, withMapsInOrder } from './pass-bytes.js';
import type { Exchange } from './recording-proxy.js';

/** One request with everything made up replaced by names: the same on every run. */
export interface RequestRecord {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  /** Names in lower case; `x-idempotency-key requests` is how many requests share the key. */
  readonly headers: Readonly<Record<string, string>>;
  /** Text of the body; absent when it is empty or protobuf. */
  readonly body?: string;
  /** The body in base64, decompressed, when it is protobuf. */
  readonly protobuf?: string;
  readonly status: number;
}

/**
 * All requests of a run, in the order in which they came. Of heartbeats only the first counts, and only in programs
 * that wait for it: how many there are is a matter of the machine's speed.
 */
export function recordsOf(program: Program, arrived: readonly Exchange[], apiKey: string): RequestRecord[] {
  const beats = arrived.filter(({ target }) => target === '/api/v1/session_heartbeat');
  const dropped = new Set(program.awaitsHeartbeat === true ? beats.slice(1) : beats);
  const exchanges = arrived.filter((exchange) => !dropped.has(exchange));
  const rename = namesOf(exchanges, apiKey);
  const keys = countKeys(exchanges);
  return exchanges.map(({ method, target, headers, body, status }) => {
    const plain = unpacked(headers, body);
    const record = { method, target: rename(target), headers: headersOf(headers, rename, keys), status };
    if (plain.length === 0) return record;
    if (record.headers['content-type'] === 'application/x-protobuf') {
      return { ...record, protobuf: withMapsInOrder(renameModel(plain, rename)).toString('base64') };
    }
    return { ...record, body: rename(timeless(plain.toString())) };
  });
}

/** The transport's own: addresses, lengths, and what a connection needs. */
const transportHeaders = new Set(['host', 'content-length', 'transfer-encoding']);

function headersOf(headers: Exchange['headers'], rename: Rename, keys: ReadonlyMap<string, number>): Record<string, string> {
  const record: Record<string, string> = {};
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (transportHeaders.has(lower)) continue;
    const shown = shownHeader(lower, rename(value));
    if (lower === 'x-idempotency-key') record[`${lower} requests`] = String(keys.get(value) ?? 0);
    const before = record[lower];
    record[lower] = before === undefined ? shown : `${before}, ${shown}`;
  }
  return record;
}

/** What they say is of the machine; only their form is compared. */
const machineHeaders: Readonly<Record<string, RegExp>> = {
  'x-stainless-os': /^(MacOS|Linux|Windows|FreeBSD|OpenBSD)$/,
  'x-stainless-arch': /^(x32|x64|arm|arm64)$/,
  'x-stainless-runtime-version': /^v?\d+\.\d+\.\d+$/,
};

function shownHeader(name: string, value: string): string {
  if (name === 'x-idempotency-key') return value.replace(uuid, '<uuid>');
  const machine = machineHeaders[name];
  if (machine !== undefined) return machine.test(value) ? '<as the protocol has it>' : value;
  if (name === 'x-tinker-create-promise-roundtrip-time') return value.replace(/^\d+(\.\d+)?(e-\d+)?$/, '<seconds>');
  return value;
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;
const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)/g;

/** Telemetry tells times, and ids of its own. */
function timeless(body: string): string {
  if (!body.includes('"event_id"')) return body;
  return body
    .replace(/"duration":"\d+:\d\d:\d\d(\.\d{6})?"/, '"duration":"<duration>"')
    .replace(uuid, (id) => (body.includes(`"session_id":"${id}"`) ? id : '<uuid>'))
    .replace(time, '<time>')
    .replace(/"platform":"\w+"/, '"platform":"<platform>"');
}

/** How many requests share each key. */
function countKeys(exchanges: readonly Exchange[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [name, value] of exchanges.flatMap(({ headers }) => headers)) {
    if (name.toLowerCase() === 'x-idempotency-key') counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}
