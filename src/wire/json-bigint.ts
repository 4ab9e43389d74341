import { isRecord } from '../types/check.js';

/** Writes compact JSON, bigints as plain numbers: seeds and the numbers of samples have 64 bits (wire protocol §4.6). */
export function writeJsonLossless(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    // Bigints are what it refuses; they are rare, and this writer is slow.
    return write(value);
  }
}

function write(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map((element) => write(element ?? null)).join(',')}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${entries.map(([name, field]) => `${JSON.stringify(name)}:${write(field)}`).join(',')}}`;
}
