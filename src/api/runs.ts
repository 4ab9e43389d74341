import { CheckpointsListResponse, ListCheckpointsRequest, ListUserCheckpointsRequest } from '../types/checkpoint-listing.js';
import { GetTrainingRunRequest, ListTrainingRunsRequest, TrainingRun, TrainingRunsResponse } from '../types/runs.js';
import { query } from './route.js';

/** A page of training runs. */
export const listTrainingRuns = query('/api/v1/training_runs', ListTrainingRunsRequest, TrainingRunsResponse);

/** One training run. */
export const getTrainingRun = query('/api/v1/training_runs/{training_run_id}', GetTrainingRunRequest, TrainingRun);

/** All checkpoints of one run. */
export const listCheckpoints = query('/api/v1/training_runs/{training_run_id}/checkpoints', ListCheckpointsRequest, CheckpointsListResponse);

/** A page of the caller's checkpoints, newest first. */
export const listUserCheckpoints = query('/api/v1/checkpoints', ListUserCheckpointsRequest, CheckpointsListResponse);
