import * as t from 'io-ts';

// What ISO 8601 leaves open is fixed: full dates, and at least hours and minutes.
const pattern = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/i;
const zone = /(Z|[+-]\d{2}:?\d{2})$/i;

/**
 * Reads ISO 8601 text such as `2026-07-13T00:00:00Z`. Text without a zone means UTC: self-hosted servers
 * write such, and JavaScript alone would read it as local time.
 * @returns undefined when the text is no date with a time
 */
export function parseDateTime(text: string): Date | undefined {
  if (!pattern.test(text)) return undefined;
  const date = new Date(zone.test(text) ? text : `${text}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** ISO 8601 in UTC as the protocol has it: a fraction, of six digits, only when it is not zero (wire protocol §1.5). */
export function formatDateTime(date: Date): string {
  return date.toISOString().replace(/\.(\d{3})Z$/, (_, ms: string) => (ms === '000' ? 'Z' : `.${ms}000Z`));
}

const isDate = (value: unknown): value is Date => value instanceof Date && !Number.isNaN(value.getTime());

/** A moment: ISO 8601 text on the wire, a `Date` here. Finer than a millisecond is lost. */
export const DateTime = new t.Type<Date, string>(
  'DateTime',
  isDate,
  (value, context) => {
    const date = typeof value === 'string' ? parseDateTime(value) : undefined;
    return date === undefined ? t.failure(value, context, 'expected an ISO 8601 date with a time') : t.success(date);
  },
  formatDateTime,
);

// Larger numbers would lie beyond the year 2600 if they were seconds.
const mostSeconds = 20_000_000_000;

/** A moment as ISO 8601 text or as a Unix number: seconds, or milliseconds when it is too large for those (wire protocol §2.5). */
export const DateTimeOrUnix = new t.Type<Date, string>(
  'DateTimeOrUnix',
  isDate,
  (value, context) => {
    if (typeof value !== 'number') return DateTime.validate(value, context);
    const date = new Date(Math.abs(value) > mostSeconds ? value : value * 1000);
    return isDate(date) ? t.success(date) : t.failure(value, context, 'expected a Unix time');
  },
  formatDateTime,
);
