import * as t from 'io-ts';
import { QueryInteger } from './access.js';
import { DateTime } from './date-time.js';
import { Integer } from './ids.js';
import { field, filled, message, optional } from './message.js';

/** One saved checkpoint (wire protocol §2.5). */
export const Checkpoint = message('Checkpoint', {
  /** `weights/NAME` or `sampler_weights/NAME`; some self-hosted servers give the bare NAME. `tinkerPath` is unambiguous. */
  checkpointId: field('checkpoint_id', t.string),
  /** `training` can be trained on, `sampler` sampled from. */
  checkpointType: field('checkpoint_type', t.keyof({ training: null, sampler: null }, 'CheckpointType')),
  /** When it was saved. */
  time: optional('time', DateTime),
  /** `tinker://RUN/weights/NAME` or `tinker://RUN/sampler_weights/NAME`. */
  tinkerPath: field('tinker_path', t.string),
  /** Absent when the server does not say. */
  sizeBytes: optional('size_bytes', Integer),
  /** Whether everybody may use it. */
  public: filled('public', t.boolean, false),
  /** When it is deleted by itself; absent: never. */
  expiresAt: optional('expires_at', DateTime),
});
export type Checkpoint = t.TypeOf<typeof Checkpoint>;

/** Which part of a listing this is (§2.5). */
export const Cursor = message('Cursor', {
  /** Items before this part. */
  offset: field('offset', Integer),
  /** Most items in this part. */
  limit: field('limit', Integer),
  /** Items in the whole listing. */
  totalCount: field('total_count', Integer),
});
export type Cursor = t.TypeOf<typeof Cursor>;

/** Checkpoints of a run, or one page of the caller's (§2.5). */
export const CheckpointsListResponse = message('CheckpointsListResponse', {
  /** The checkpoints of this listing, or of this page of it. */
  checkpoints: field('checkpoints', t.readonlyArray(Checkpoint)),
  /** Absent where the listing is not cut into pages. */
  cursor: optional('cursor', Cursor),
});
export type CheckpointsListResponse = t.TypeOf<typeof CheckpointsListResponse>;

/** Asks for all checkpoints of one run (§2.5). */
export const ListCheckpointsRequest = message('ListCheckpointsRequest', {
  trainingRunId: field('training_run_id', t.string),
});
export type ListCheckpointsRequest = t.TypeOf<typeof ListCheckpointsRequest>;

/** Asks for a page of the caller's checkpoints, newest first (§2.5). */
export const ListUserCheckpointsRequest = message('ListUserCheckpointsRequest', {
  limit: filled('limit', QueryInteger, 100),
  offset: filled('offset', QueryInteger, 0),
});
export type ListUserCheckpointsRequest = t.TypeOf<typeof ListUserCheckpointsRequest>;
