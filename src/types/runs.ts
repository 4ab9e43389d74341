import * as t from 'io-ts';
import { AccessScope, QueryInteger } from './access.js';
import { Checkpoint, Cursor } from './checkpoint-listing.js';
import { DateTime } from './date-time.js';
import { Integer, UserMetadata } from './ids.js';
import { field, filled, message, optional } from './message.js';

/** One training run: a model and what was saved of it (wire protocol §2.8). */
export const TrainingRun = message('TrainingRun', {
  /** The same text as the id of its model. */
  trainingRunId: field('training_run_id', t.string),
  /** The base model whose adapter is trained. */
  baseModel: field('base_model', t.string),
  /** Account that the model belongs to; absent where the server does not say. */
  modelOwner: optional('model_owner', t.string),
  /** Whether an adapter is trained; absent where the server does not say. */
  isLora: optional('is_lora', t.boolean),
  /** Whether an operation failed so that the weights cannot be trusted. */
  corrupted: filled('corrupted', t.boolean, false),
  /** LoRA rank; absent where there is no adapter, or the server does not say. */
  loraRank: optional('lora_rank', Integer),
  /** When the model was used last; absent where the server does not say. */
  lastRequestTime: optional('last_request_time', DateTime),
  /** The newest checkpoint to train on; absent before the first. */
  lastCheckpoint: optional('last_checkpoint', Checkpoint),
  /** The newest checkpoint to sample from; absent before the first. */
  lastSamplerCheckpoint: optional('last_sampler_checkpoint', Checkpoint),
  /** What the caller gave when the model was created. */
  userMetadata: optional('user_metadata', UserMetadata),
});
export type TrainingRun = t.TypeOf<typeof TrainingRun>;

/** One page of training runs (§2.8). */
export const TrainingRunsResponse = message('TrainingRunsResponse', {
  /** The runs of this page. */
  trainingRuns: field('training_runs', t.readonlyArray(TrainingRun)),
  /** Absent where the listing is not cut into pages. */
  cursor: optional('cursor', Cursor),
});
export type TrainingRunsResponse = t.TypeOf<typeof TrainingRunsResponse>;

/** Asks for a page of training runs (§2.8). */
export const ListTrainingRunsRequest = message('ListTrainingRunsRequest', {
  limit: filled('limit', QueryInteger, 20),
  offset: filled('offset', QueryInteger, 0),
  accessScope: filled('access_scope', AccessScope, 'owned'),
  projectId: optional('project_id', t.string),
});
export type ListTrainingRunsRequest = t.TypeOf<typeof ListTrainingRunsRequest>;

/** Asks for one training run (§2.8). */
export const GetTrainingRunRequest = message('GetTrainingRunRequest', {
  trainingRunId: field('training_run_id', t.string),
  accessScope: filled('access_scope', AccessScope, 'owned'),
});
export type GetTrainingRunRequest = t.TypeOf<typeof GetTrainingRunRequest>;
