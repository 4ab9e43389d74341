import { hourMs } from './billing-usage.js';

const bytesPerGigabyte = 1e9;

/** The gigabyte-hours that a file takes from one moment to another, for each UTC hour in between. */
export function storageByHour(sizeBytes: number, from: number, before: number): { readonly hour: number; readonly gigabyteHours: number }[] {
  const shares: { hour: number; gigabyteHours: number }[] = [];
  for (let hour = from - (from % hourMs); hour < before; hour += hourMs) {
    const heldMs = Math.min(before, hour + hourMs) - Math.max(from, hour);
    shares.push({ hour, gigabyteHours: (sizeBytes / bytesPerGigabyte) * (heldMs / hourMs) });
  }
  return shares;
}
