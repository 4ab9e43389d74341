import type { ArchiveStore } from '../archives/archive-store.js';
import type { AuditLog } from '../audit/audit-log.js';
import { storageByHour } from '../usage/billing-storage.js';
import { usageKeptMs, type UsageBook } from '../usage/billing-usage.js';
import type { CheckpointEvent } from './checkpoint-index.js';
import { typeOfKind } from './checkpoint-kind.js';
import type { IndexedCheckpoint } from './indexed-checkpoint.js';
import type { Clock } from '../clock.js';
import { sessionOfRun } from '../runs/run-ids.js';

export interface CheckpointBooksOptions {
  readonly clock: Clock;
  readonly usage: UsageBook;
  readonly audit: AuditLog;
  readonly archives: ArchiveStore;
}

/** Has what happens to checkpoints noted where it belongs, and their archives removed. */
export class CheckpointBooks {
  readonly #options: CheckpointBooksOptions;

  constructor(options: CheckpointBooksOptions) {
    this.#options = options;
  }

  /** Settles when the event is in the audit log: what is answered afterwards is not to be lost with the process. */
  async note(event: CheckpointEvent, checkpoint: IndexedCheckpoint): Promise<void> {
    const { audit, usage, archives } = this.#options;
    const { modelId, kind, path, baseModel } = checkpoint;
    const audited = audit.record(`checkpoint.${event}`, { modelId, tinkerPath: path, purpose: typeOfKind[kind] });
    if (event === 'created') usage.record(sessionOfRun(modelId), baseModel, { type: 'checkpoint', count: 1 });
    if (event === 'deleted' || event === 'expired' || event === 'replaced') {
      this.#noteStorage(checkpoint);
      archives.drop(path);
    }
    await audited;
  }

  /** Of a checkpoint that is gone nothing can be computed later. */
  #noteStorage({ modelId, baseModel, sizeBytes, createdAt, expiresAt }: IndexedCheckpoint): void {
    const { clock, usage } = this.#options;
    const before = Math.min(clock.now(), expiresAt === null ? Infinity : Date.parse(expiresAt));
    const from = Math.max(Date.parse(createdAt), before - usageKeptMs);
    for (const { hour, gigabyteHours } of storageByHour(sizeBytes, from, before)) {
      usage.record(sessionOfRun(modelId), baseModel, { type: 'storage', gigabyteHours }, hour);
    }
  }
}
