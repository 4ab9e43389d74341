import { isoTime } from '../clock.js';
import type { CheckpointKind } from './checkpoint-kind.js';
import { userError } from '../engine/engine-error.js';
import type { LocalApi } from '../local-api.js';

/** A checkpoint to be written. */
export interface SaveOrder {
  readonly modelId: string;
  readonly name: string;
  readonly kind: CheckpointKind;
  /** Absent: it never expires. */
  readonly ttlSeconds: number | undefined;
  readonly overwrite: boolean;
}

/**
 * Saves a model's state under a name, in the model's turn; gives the path (wire protocol §9.5).
 * @throws EngineError `user` when the name is taken
 */
export async function saveCheckpoint(api: LocalApi, { modelId, name, kind, ttlSeconds, overwrite }: SaveOrder): Promise<string> {
  const path = api.checkpoints.pathOf(modelId, name, kind);
  if (!overwrite && (await api.checkpoints.isTaken(modelId, name, kind))) {
    const advice = kind === 'weights' ? 'Save with overwrite: true, or under another name.' : 'Save under another name.';
    throw userError(`Checkpoint ${path} exists already. ${advice}`);
  }
  const now = api.clock.now();
  const expiresAt = ttlSeconds === undefined ? null : isoTime(now + ttlSeconds * 1000);
  const meta = { parentRun: modelId, createdAt: isoTime(now), expiresAt, overwrite, kind };
  const directory = api.checkpoints.directoryOf(modelId, name, kind);
  const { timings } = await api.checkpoints.save(modelId, name, kind, () => api.engine.saveCheckpoint(modelId, directory, meta));
  api.ledger.checkpointed({ modelId, kind: 'save', path, timings: { ...timings } });
  return path;
}
