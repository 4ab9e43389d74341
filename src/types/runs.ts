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
  baseModel: field('base_model', t.string),
  modelOwner: optional('model_owner', t.string),
  isLora: optional('is_lora', t.boolean),
  /** Whether an operation failed so that the weights cannot be trusted. */
  corrupted: filled('corrupted', t.boolean, false),
  loraRank: optional('lora_rank', Integer),
  lastRequestTime: optional('last_request_time', DateTime),
  lastCheckpoint: optional('last_checkpoint', Checkpoint),
  lastSamplerCheckpoint: optional('last_sampler_checkpoint', Checkpoint),
  userMetadata: optional('user_metadata', UserMetadata),
});
export type TrainingRun = t.TypeOf<typeof TrainingRun>;

/** One page of training runs (§2.8). */
export const TrainingRunsResponse = message('TrainingRunsResponse', {
  trainingRuns: field('training_runs', t.readonlyArray(TrainingRun)),
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
