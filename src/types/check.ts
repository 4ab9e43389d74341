/**
 * Whether a value is an object of named fields: callers without a compiler pass anything. Arrays, maps,
 * dates, headers and the like are not: what they hold is not in their fields.
 */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === '[object Object]';
}
