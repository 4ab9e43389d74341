import { join } from 'node:path';
import type { ServiceConfig } from '../config.js';
import type { DiskLock, JournalDisk } from '../journal/disk.js';
import { errorCode } from '../journal/error-code.js';
import { JournalFile } from '../journal/journal-file.js';
import { readLines } from '../journal/lines.js';
import { nodeDisk } from '../journal/node-disk.js';
import { isJournalName, journalName, lockPath } from '../journal/paths.js';
import { journalVersion, type CheckpointRecord, type HeaderRecord } from '../journal/records.js';
import { JournalState } from '../journal/state.js';
import { TrainingJournal } from '../training/training-journal.js';
import { messageOf, TinkerError } from '../types/errors.js';
import { version } from '../types/version.js';

/** What a journal begins with. */
export type JournalFacts = Pick<HeaderRecord, 'sessionId' | 'modelId' | 'model' | 'nextSeqId'> & {
  /** The checkpoint that the model began with. */
  readonly checkpoint?: CheckpointRecord | undefined;
};

/** A journal of an earlier process, taken. */
export interface OpenedJournal {
  readonly file: JournalFile;
  /** Bytes of a last line that was never written to its end. */
  readonly tornBytes: number;
}

/** A journal that is ours, before anything is in it. */
export interface ReservedJournal {
  readonly path: string;
  readonly lock: DiskLock;
}

/** The journals of one service. */
export class Journals {
  readonly #config: ServiceConfig;
  readonly #disk: JournalDisk;
  readonly #open = new Set<TrainingJournal>();

  constructor(config: ServiceConfig) {
    this.#config = config;
    this.#disk = config.environment.disk ?? nodeDisk;
  }

  /** For a client to come; it writes nothing before it is given a file. */
  make(): TrainingJournal {
    const journal = new TrainingJournal((error) => this.#config.onError(error));
    this.#open.add(journal);
    return journal;
  }

  /**
   * Takes a place in a folder for the journal of a client to come.
   * @throws TinkerError `journal` when the folder cannot be written
   */
  async reserve(directory: string): Promise<ReservedJournal> {
    try {
      await this.#disk.makeDirectory(directory);
      const path = join(directory, journalName(this.#config.environment.uuid()));
      return { path, lock: await this.#lock(path) };
    } catch (thrown) {
      throw cannot(`the folder ${directory} cannot be written`, thrown);
    }
  }

  /**
   * Begins a new journal.
   * @throws TinkerError `journal` when it cannot be written
   */
  async begin(journal: TrainingJournal, { path, lock }: ReservedJournal, { checkpoint, ...facts }: JournalFacts): Promise<void> {
    const { baseUrl, environment: { wallNow = Date.now } } = this.#config;
    const header: HeaderRecord = {
      type: 'header',
      version: journalVersion,
      client: `tinkerjs ${version}`,
      createdAt: wallNow(),
      baseUrl,
      resumed: 0,
      step: 0,
      spareSeqIds: [],
      ...facts,
    };
    const file = new JournalFile(path, new JournalState(header, checkpoint === undefined ? [] : [checkpoint]), this.#disk, lock);
    try {
      await file.rewrite();
    } catch (thrown) {
      await file.close();
      throw cannot(`the journal ${path} cannot be written`, thrown);
    }
    journal.begin(file);
  }

  /**
   * Takes a journal of an earlier process.
   * @param where the file, or a folder with one that is not ended
   * @returns undefined where there is none
   * @throws TinkerError `journal` when it is in use, damaged, of a newer version, or one of several
   */
  async open(where: string): Promise<OpenedJournal | undefined> {
    const path = isJournalName(where) ? where : await this.#only(where);
    if (path === undefined) return undefined;
    const lock = await this.#lock(path);
    try {
      const { header, records, tornBytes } = readLines(path, await this.#disk.read(path));
      const state = new JournalState({ ...header, resumed: header.resumed + 1 }, records);
      const file = new JournalFile(path, state, this.#disk, lock);
      // What is torn is cut off, and what happens next comes after whole lines.
      await file.rewrite();
      return { file, tornBytes };
    } catch (thrown) {
      await lock.release();
      if (errorCode(thrown) === 'ENOENT') return undefined;
      throw cannot(`the journal ${path} cannot be read and written`, thrown);
    }
  }

  /** Settles when all of them are written and free. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((journal) => journal.close()));
    this.#open.clear();
  }

  /** The one journal of a folder that somebody may go on with. */
  async #only(directory: string): Promise<string | undefined> {
    const open: { readonly path: string; readonly state: JournalState }[] = [];
    for (const name of (await this.#names(directory)).filter(isJournalName).sort()) {
      const path = join(directory, name);
      const { header, records } = readLines(path, await this.#disk.read(path));
      const state = new JournalState(header, records);
      if (state.ended === undefined) open.push({ path, state });
    }
    const [first, ...others] = open;
    if (others.length === 0) return first?.path;
    const listed = open.map(({ path, state: { header, step } }) => `${path} (model ${header.modelId}, optimizer step ${step})`);
    throw new TinkerError('journal', `${directory} holds several journals: ${listed.join(', ')}. Name one of them, or delete those that are over.`);
  }

  async #names(directory: string): Promise<readonly string[]> {
    try {
      return await this.#disk.list(directory);
    } catch (thrown) {
      if (errorCode(thrown) === 'ENOENT') return [];
      throw cannot(`the folder ${directory} cannot be read`, thrown);
    }
  }

  async #lock(path: string): Promise<DiskLock> {
    const taken = await this.#disk.lock(lockPath(path));
    if (taken.status === 'taken') return taken.lock;
    throw new TinkerError(
      'journal',
      `the journal ${path} is in use by ${taken.holder}: two cannot train the same model. Stop that one first; if there is none, delete ${lockPath(path)}.`,
    );
  }
}

function cannot(what: string, thrown: unknown): TinkerError {
  return thrown instanceof TinkerError ? thrown : new TinkerError('journal', `${what}: ${messageOf(thrown)}`, { cause: thrown });
}
