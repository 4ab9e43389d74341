import { BareCheckpointAddress, CheckpointAddress, CheckpointArchiveUrlResponse, SetCheckpointTtlRequest } from '../types/checkpoint-admin.js';
import { command, put, query } from './route.js';

const checkpoint = '/api/v1/training_runs/{training_run_id}/checkpoints/{kind}/{name}';

/** Deletes a checkpoint. */
export const deleteCheckpoint = command('DELETE', checkpoint, CheckpointAddress);

/** Lets everybody use a checkpoint. */
export const publishCheckpoint = command('POST', `${checkpoint}/publish`, CheckpointAddress);

/** Keeps a checkpoint to its owner again. */
export const unpublishCheckpoint = command('DELETE', `${checkpoint}/publish`, CheckpointAddress);

/** Sets when a checkpoint is deleted by itself. */
export const setCheckpointTtl = put(`${checkpoint}/ttl`, SetCheckpointTtlRequest);

/** Where the archive of a checkpoint is: this answer, or a redirect there. 503 while the archive is being built. */
export const checkpointArchive = query(`${checkpoint}/archive`, CheckpointAddress, CheckpointArchiveUrlResponse);

/** The same where checkpoints for sampling go by their bare names. */
export const bareCheckpointArchive = query(
  '/api/v1/training_runs/{training_run_id}/checkpoints/{name}/archive',
  BareCheckpointAddress,
  CheckpointArchiveUrlResponse,
);
