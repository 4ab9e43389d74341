import type { CheckpointNews, ScheduledCheckpoint } from './checkpoint-news.js';
import type { Runtime } from '../service/runtime.js';
import type { TrainingJournal } from '../training/training-journal.js';
import { toTinkerError } from '../types/errors.js';

/**
 * The checkpoints that one schedule has made, oldest first. What is not to be kept is deleted, never
 * anything else; what cannot be deleted is tried again with the next one.
 */
export class KeptCheckpoints {
  readonly #runtime: Runtime;
  readonly #news: CheckpointNews;
  readonly #keepLast: number;
  readonly #journal: Pick<TrainingJournal, 'isWritten'> | undefined;
  readonly #doomed = new Set<ScheduledCheckpoint>();
  #kept: readonly ScheduledCheckpoint[] = [];
  #deleting: Promise<void> | undefined;

  /**
   * @param keepLast how many are kept beside the permanent ones
   * @param journal what a next process would resume by
   */
  constructor(runtime: Runtime, news: CheckpointNews, keepLast: number, journal: Pick<TrainingJournal, 'isWritten'> | undefined) {
    this.#runtime = runtime;
    this.#news = news;
    this.#keepLast = keepLast;
    this.#journal = journal;
  }

  get all(): readonly ScheduledCheckpoint[] {
    return this.#kept;
  }

  /** The server has confirmed one; results need not come in the order of the saves. What has expired by now is gone. */
  add(checkpoint: ScheduledCheckpoint): void {
    const { wallNow = Date.now } = this.#runtime.config.environment;
    const now = wallNow();
    const alive = this.#kept.filter(({ expiresAt }) => expiresAt === undefined || expiresAt.getTime() > now);
    const all = [...alive, checkpoint].sort((left, right) => left.seqId - right.seqId);
    const passing = all.filter(({ isPermanent }) => !isPermanent);
    for (const old of passing.slice(0, Math.max(0, passing.length - this.#keepLast))) this.#doomed.add(old);
    this.#kept = all.filter((one) => !this.#doomed.has(one));
    this.#begin();
  }

  /** Waits until what is to be deleted has been tried, once more for what has failed. */
  async settled(): Promise<void> {
    this.#begin();
    await this.#deleting;
  }

  #begin(): void {
    this.#deleting ??= this.#deleteDoomed().finally(() => {
      this.#deleting = undefined;
    });
  }

  async #deleteDoomed(): Promise<void> {
    // A process that is killed now must find a newer one in its journal.
    if (this.#journal !== undefined && !(await this.#journal.isWritten())) return;
    for (const checkpoint of this.#doomed) await this.#delete(checkpoint);
  }

  async #delete(checkpoint: ScheduledCheckpoint): Promise<void> {
    const { name, path } = checkpoint;
    try {
      const { removeByPath } = await import('../rest/rest-admin.js');
      await removeByPath(this.#runtime, path, {});
    } catch (thrown) {
      const error = toTinkerError(thrown);
      // A service that is closed has nobody to tell.
      if (error.kind === 'cancelled') return;
      if (error.status !== 404) {
        this.#news.failed({ action: 'delete', name, error, retryInMs: undefined });
        return;
      }
    }
    this.#doomed.delete(checkpoint);
    this.#news.deleted(checkpoint);
  }
}
