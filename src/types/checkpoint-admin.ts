import * as t from 'io-ts';
import { DateTimeOrUnix } from './date-time.js';
import { Integer } from './ids.js';
import { field, filled, message, optional } from './message.js';

const checkpoint = {
  trainingRunId: field('training_run_id', t.string),
  /** `weights` or `sampler_weights`. */
  kind: field('kind', t.string),
  name: field('name', t.string),
};

/** Names one checkpoint in a path: `…/training_runs/{training_run_id}/checkpoints/{kind}/{name}` (wire protocol §2.5). */
export const CheckpointAddress = message('CheckpointAddress', checkpoint);
export type CheckpointAddress = t.TypeOf<typeof CheckpointAddress>;

/** Names a checkpoint for sampling as some self-hosted servers do: without its kind. */
export const BareCheckpointAddress = message('BareCheckpointAddress', { trainingRunId: checkpoint.trainingRunId, name: checkpoint.name });
export type BareCheckpointAddress = t.TypeOf<typeof BareCheckpointAddress>;

/** Sets when a checkpoint is deleted by itself (§2.5). */
export const SetCheckpointTtlRequest = message('SetCheckpointTtlRequest', {
  ...checkpoint,
  /** Seconds from now; null, which is sent as it is, keeps the checkpoint for good. */
  ttlSeconds: filled('ttl_seconds', t.union([Integer, t.null]), null),
});
export type SetCheckpointTtlRequest = t.TypeOf<typeof SetCheckpointTtlRequest>;

/** Where the archive of a checkpoint can be downloaded for a while (§2.5). */
export const CheckpointArchiveUrlResponse = message('CheckpointArchiveUrlResponse', {
  /** Signed: whoever has it can download. Not to be logged. */
  url: field('url', t.string),
  /** When the signature ends. */
  expires: optional('expires', DateTimeOrUnix),
});
export type CheckpointArchiveUrlResponse = t.TypeOf<typeof CheckpointArchiveUrlResponse>;
