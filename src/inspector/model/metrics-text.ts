const plain = new Intl.NumberFormat('en', { maximumSignificantDigits: 5 });
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 4 });

const isExtreme = (value: number): boolean => value !== 0 && (Math.abs(value) >= 1e9 || Math.abs(value) < 1e-4);

/** A value as it is read: five digits, with a power of ten where it is very large or small. */
export function valueText(value: number | undefined): string {
  if (value === undefined) return 'no value';
  return isExtreme(value) ? value.toExponential(3) : plain.format(value);
}

/** A value at an axis. */
export function tickText(value: number): string {
  if (isExtreme(value)) return value.toExponential(1).replace('.0e', 'e');
  return Math.abs(value) >= 10_000 ? compact.format(value) : short.format(value);
}
