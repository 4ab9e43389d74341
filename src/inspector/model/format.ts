/** Numbers as people read them. A thin space parts thousands and units, and never breaks. */
const space = '\u202f';

/** `84 ms`, `3.2 s`, `5 min 07 s`, `3 h 12 min`, `4 d 6 h`: two parts at most. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  const given = Math.max(0, ms);
  if (given < 999.5) return `${Math.round(given)}${space}ms`;
  if (given < 9_950) return `${(given / 1000).toFixed(1)}${space}s`;
  return wholeDuration(given);
}

/** The same in whole seconds, for what ticks: `0 s`, `59 s`, `5 min 07 s`. */
export function wholeDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}${space}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}${space}min ${twoDigits(seconds % 60)}${space}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}${space}h ${twoDigits(minutes % 60)}${space}min`;
  return `${Math.floor(hours / 24)}${space}d ${hours % 24}${space}h`;
}

/** `3 s ago`, `just now`, `in 2 h 05 min`. */
export function ago(at: number, now: number): string {
  const passed = now - at;
  if (passed < -999) return `in ${wholeDuration(-passed)}`;
  return passed < 1000 ? 'just now' : `${wholeDuration(passed)} ago`;
}

/** `512 B`, `3.4 MB`: powers of 1000, as disks and networks count. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = Math.max(0, count);
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)}${space}${units[unit] ?? ''}`;
}

/** `1 234 567`. */
export function whole(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(\d{3})+$)/g, space);
}

/** `1 operation`, `2 operations`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${whole(count)} ${count === 1 ? one : many}`;
}

/** `14:03:09` by the reader's clock. */
export function timeOfDay(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
}

/** `2026-03-01 14:03:09` by the reader's clock. */
export function dateAndTime(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())} ${timeOfDay(at)}`;
}

/** The end of a long id, where ids differ: `…a41f:train:0`. */
export function shortId(id: string, length = 18): string {
  return id.length <= length ? id : `…${id.slice(1 - length)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
