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
    const isNewest = group === undefined || error.at >= group.newest.at;
    groups.set(key, { key, newest: isNewest ? error : group.newest, firstAt: Math.min(group?.firstAt ?? error.at, error.at), count: (group?.count ?? 0) + 1 });
  }
  return [...groups.values()].sort((a, b) => b.newest.at - a.newest.at);
}
