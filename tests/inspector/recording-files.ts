import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InspectionRecord } from '../../src/inspection/records.js';
import { temporaryFolder } from '../support/temporary.js';

export const header = { tinkerjs: 'recording', version: 1, service: 'one', at: 1000 };

/** The text of a file of a recording. */
export function recordingText(records: readonly InspectionRecord[], first: object = header): string {
  return [first, ...records].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Puts files into a new folder; gives the path of `run.jsonl` there. */
export async function recordingFiles(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return join(folder, 'run.jsonl');
}
