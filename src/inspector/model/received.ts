import type { InspectionRecord } from '../../inspection/records.js';
import type { Dropped, Hello } from '../protocol.js';

const recordTypes: Readonly<Record<InspectionRecord['type'], true>> = {
  service: true,
  chart: true,
  actor: true,
  training: true,
  sampling: true,
  operation: true,
  metrics: true,
  checkpoint: true,
  error: true,
  notice: true,
};

/** The greeting; undefined where it is none. */
export function readHello(text: string): Hello | undefined {
  const given = parse(text);
  return isHello(given) ? given : undefined;
}

/** The records that are known here: a newer program may tell more. */
export function readRecords(text: string): InspectionRecord[] {
  const given = parse(text);
  return Array.isArray(given) ? given.filter(isRecord) : [];
}

/** What was let go; undefined where it does not say. */
export function readDropped(text: string): Dropped | undefined {
  const given = parse(text);
  return isDropped(given) ? given : undefined;
}

/** What the program's clock says; undefined where it does not say. */
export function readHeartbeat(text: string): number | undefined {
  const given = parse(text);
  return has(given, 'at') && typeof given.at === 'number' ? given.at : undefined;
}

/** The answer to a command, as words. */
export function readReply(text: string): { readonly done?: string; readonly error?: string } {
  const given = parse(text);
  if (has(given, 'done') && typeof given.done === 'string') return { done: given.done };
  if (has(given, 'error') && typeof given.error === 'string') return { error: given.error };
  return {};
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function has<K extends string>(given: unknown, name: K): given is Readonly<Record<K, unknown>> {
  return typeof given === 'object' && given !== null && name in given;
}

function isRecord(given: unknown): given is InspectionRecord {
  return (
    has(given, 'type') && typeof given.type === 'string' && Object.hasOwn(recordTypes, given.type) &&
    has(given, 'service') && typeof given.service === 'string' &&
    has(given, 'key') && typeof given.key === 'string' &&
    has(given, 'at') && typeof given.at === 'number'
  );
}

function isHello(given: unknown): given is Hello {
  return (
    has(given, 'instance') && typeof given.instance === 'string' &&
    has(given, 'version') && typeof given.version === 'number' &&
    has(given, 'source') && (given.source === 'live' || given.source === 'file') &&
    has(given, 'control') && typeof given.control === 'boolean' &&
    has(given, 'dropped') && isDropped(given.dropped)
  );
}

function isDropped(given: unknown): given is Dropped {
  return has(given, 'records') && typeof given.records === 'number' && has(given, 'operations') && typeof given.operations === 'number';
}
