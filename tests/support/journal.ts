import { JournalFile } from '../../src/journal/journal-file.js';
import { readLines, type ReadJournal } from '../../src/journal/lines.js';
import type { HeaderRecord, IntentRecord, JournalRecord } from '../../src/journal/records.js';
import { JournalState } from '../../src/journal/state.js';
import { KillableProcess, SharedFiles } from './killable.js';

export const header: HeaderRecord = {
  type: 'header',
  version: 1,
  client: 'tinkerjs test',
  createdAt: 0,
  baseUrl: 'http://scripted.test',
  sessionId: 's',
  modelId: 'm',
  resumed: 0,
  model: {},
  step: 0,
  nextSeqId: 1,
  spareSeqIds: [],
};

const requestTypes: Readonly<Record<string, string>> = {
  forward: 'Forward',
  forwardBackward: 'ForwardBackward',
  optimStep: 'OptimStep',
  loadState: 'LoadWeights',
  saveState: 'SaveWeights',
};

/** An operation about to leave; its other parts leave apart. */
export function intent(kind: string, seqIds: readonly number[], more: Partial<IntentRecord> = {}): IntentRecord {
  const [seqId = 0] = seqIds;
  return {
    type: 'intent',
    id: `${kind}-${seqId}`,
    kind,
    seqIds,
    seqId,
    path: '/api/v1/x',
    stepsBefore: 0,
    requestType: requestTypes[kind] ?? 'X',
    digest: 'd',
    idempotencyKey: `key-${seqId}`,
    ...more,
  };
}

export const accepted = (seqId: number): JournalRecord => ({ type: 'accepted', seqId, requestId: `r${seqId}` });
export const settled = (seqId: number, outcome: 'done' | 'failed' | 'refused' | 'skipped' = 'done'): JournalRecord => ({ type: 'settled', seqId, outcome });

export const path = '/j/one.journal';

/** A journal on a made-up disk. */
export interface MadeJournal {
  readonly files: SharedFiles;
  readonly process: KillableProcess;
  readonly file: JournalFile;
  /** What is on the disk. */
  readonly read: () => ReadJournal;
}

export async function madeJournal(): Promise<MadeJournal> {
  const files = new SharedFiles();
  const process = new KillableProcess(files);
  const taken = await process.disk.lock(`${path}.lock`);
  if (taken.status !== 'taken') throw new Error('the journal is in use');
  const file = new JournalFile(path, new JournalState(header), process.disk, taken.lock);
  await file.rewrite();
  return { files, process, file, read: () => readLines(path, files.files.get(path) ?? new Uint8Array()) };
}
