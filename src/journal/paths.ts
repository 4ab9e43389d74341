import { dirname } from 'node:path';

const suffix = '.journal';

/** The folder of a file. */
export function directoryOf(path: string): string {
  return dirname(path);
}

/** Whether a name in a folder is that of a journal. */
export function isJournalName(name: string): boolean {
  return name.endsWith(suffix);
}

export function journalName(id: string): string {
  return `${id}${suffix}`;
}

/** Who has this file has the journal. */
export function lockPath(path: string): string {
  return `${path}.lock`;
}
