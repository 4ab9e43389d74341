import type { OperationRecord, PhaseName } from '../../inspection/records.js';
import { endOf, phaseTotals } from './timeline-segments.js';

/** What a phase is, in words for people. */
export const phaseTexts: Readonly<Record<PhaseName, string>> = {
  queued: 'queued',
  encoding: 'encoding',
  sending: 'sending',
  waiting: 'at the server',
  paused: 'held by the server',
  downloading: 'downloading',
};

/** A length of time in at most two units: `0.4 ms`, `38 ms`, `2.31 s`, `1 min 20 s`, `3 h 05 min`, `2 d 4 h`. */
export function durationText(ms: number): string {
  const rounded = Math.max(0, ms);
  if (rounded === 0) return '0 ms';
  if (rounded < 9.95) return `${Number(rounded.toFixed(1))} ms`;
  if (rounded < 999.5) return `${Math.round(rounded)} ms`;
  if (rounded < 9995) return `${(rounded / 1000).toFixed(2)} s`;
  if (rounded < 59_950) return `${(rounded / 1000).toFixed(1)} s`;
  const seconds = Math.round(rounded / 1000);
  if (seconds < 3600) return paired(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return paired(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  return paired(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function paired(major: number, majorUnit: string, minor: number, minorUnit: string): string {
  return minor === 0 ? `${major} ${majorUnit}` : `${major} ${majorUnit} ${minorUnit === 'h' ? minor : twoDigits(minor)} ${minorUnit}`;
}

const twoDigits = (value: number) => String(value).padStart(2, '0');

/** A moment by its distance from the beginning, as exact as the ticks are apart: `0`, `+250 ms`, `+4.5 s`, `+1 h 20 min`. */
export function relativeText(ms: number, stepMs: number): string {
  if (Math.abs(ms) < 0.0005) return '0';
  const sign = ms < 0 ? '−' : '+';
  const size = Math.abs(ms);
  if (stepMs < 1000 && size < 1000) return `${sign}${Number(size.toFixed(3))} ms`;
  const decimals = stepMs >= 1000 ? 0 : Math.min(6, Math.ceil(-Math.log10(stepMs / 1000) - 1e-9));
  const unit = 10 ** decimals;
  const total = Math.round((size / 1000) * unit) / unit;
  const parts = [
    { value: Math.floor(total / 86_400), unit: 'd' },
    { value: Math.floor(total / 3600) % 24, unit: 'h' },
    { value: Math.floor(total / 60) % 60, unit: 'min' },
  ].filter(({ value }) => value > 0);
  const seconds = total % 60;
  const texts = parts.map(({ value, unit: name }) => `${value} ${name}`);
  if (parts.length === 0 || stepMs < 60_000 && (seconds > 0 || stepMs < 1000)) texts.push(`${seconds.toFixed(decimals)} s`);
  return `${sign}${texts.join(' ')}`;
}

/** The time of day, as exact as the ticks are apart; local to whoever reads it. */
export function clockText(moment: number, stepMs: number): string {
  const date = new Date(moment);
  const minutes = `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`;
  if (stepMs >= 86_400_000) return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
  if (stepMs >= 60_000) return minutes;
  const seconds = `${minutes}:${twoDigits(date.getSeconds())}`;
  return stepMs >= 1000 ? seconds : `${seconds}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** A size in powers of 1000: `512 B`, `18.4 kB`, `1.20 MB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  const size = bytes / 1000 ** power;
  return `${size.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0)} ${units[power - 1] ?? 'TB'}`;
}

/** How many there are: `10,000 operations`. */
export function countText(count: number): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? 'operation' : 'operations'}`;
}

/** Its numbers among those of its model: `#12`, `#12–15`; empty before it is sent. */
export function seqText({ seqIds }: OperationRecord): string {
  const [first] = seqIds ?? [];
  const last = seqIds?.at(-1);
  if (first === undefined || last === undefined) return '';
  return first === last ? `#${first}` : `#${first}–${last}`;
}

/** How it is: `done in 2.31 s`, `failed after 1.20 s`, `at the server for 4.50 s`. */
export function statusText(operation: OperationRecord, now: number): string {
  const length = durationText(endOf(operation, now) - operation.calledAt);
  if (operation.status === 'failed' && operation.endedAt === undefined) return `wedged for ${length}: retry() or skip() decides`;
  if (operation.endedAt !== undefined) return `${operation.status} ${operation.status === 'done' ? 'in' : 'after'} ${length}`;
  const phase = operation.phases.at(-1);
  const since = endOf(operation, now) - operation.calledAt - (phase?.ms ?? 0);
  return `${phaseTexts[phase?.name ?? 'queued']} for ${durationText(since)}`;
}

/** An operation in a sentence, for those who hear the page. */
export function describeOperation(operation: OperationRecord, now: number): string {
  const seq = seqText(operation);
  const phases = [...phaseTotals(operation, now)].map(([name, ms]) => `${phaseTexts[name]} ${durationText(ms)}`);
  const marks = operation.marks.map(({ name, why }) => `${name}: ${why}`);
  const reason = operation.phases.findLast((phase) => phase.reason !== undefined)?.reason;
  return [
    `${operation.kind}${seq === '' ? '' : ` ${seq}`}, ${statusText(operation, now)}`,
    phases.join(', '),
    ...(reason === undefined ? [] : [`Held because: ${reason}`]),
    ...marks,
    ...(operation.error === undefined ? [] : [`${operation.error.kind}: ${operation.error.message}`]),
  ]
    .map((sentence) => sentence.replace(/\.$/, ''))
    .join('. ')
    .concat('.');
}
