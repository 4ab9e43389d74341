import type { ErrorRecord } from '../../inspection/records.js';

/** Failures that say the same but for their numbers. */
export interface ErrorGroup {
  readonly key: string;
  readonly newest: ErrorRecord;
  readonly firstAt: number;
  readonly count: number;
}

/** Groups failures by kind, status and words; the group of the newest failure first. */
export function errorGroups(errors: readonly ErrorRecord[]): ErrorGroup[] {
  const groups = new Map<string, ErrorGroup>();
  for (const error of errors) {
    const key = `${error.kind} ${error.status ?? ''} ${error.message.replaceAll(/\d+/g, '#')}`;
    const group = groups.get(key);
    // Taken out and put back, so that the order is that of the newest failures.
    groups.delete(key);
    groups.set(key, { key, newest: error, firstAt: group?.firstAt ?? error.at, count: (group?.count ?? 0) + 1 });
  }
  return [...groups.values()].reverse();
}
