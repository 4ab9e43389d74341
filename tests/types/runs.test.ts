import { describe, expect, it } from '@jest/globals';
import { Checkpoint, CheckpointsListResponse, ListUserCheckpointsRequest } from '../../src/types/checkpoint-listing.js';
import { CheckpointArchiveUrlResponse, SetCheckpointTtlRequest } from '../../src/types/checkpoint-admin.js';
import { ListTrainingRunsRequest, TrainingRun, TrainingRunsResponse } from '../../src/types/runs.js';
import { assertDecodes, assertEncodes, assertRejects, assertStandsFor } from '../support/codec.js';

const time = new Date(Date.UTC(2026, 6, 13));

describe('Checkpoint', () => {
  it('stands for all that a server says', () => {
    assertStandsFor(
      Checkpoint,
      { checkpointId: 'weights/a', checkpointType: 'training', time, tinkerPath: 'tinker://r/weights/a', sizeBytes: 7, public: true, expiresAt: time },
      '{"checkpoint_id":"weights/a","checkpoint_type":"training","time":"2026-07-13T00:00:00Z","tinker_path":"tinker://r/weights/a",' +
        '"size_bytes":7,"public":true,"expires_at":"2026-07-13T00:00:00Z"}',
    );
  });

  it('reads what a self-hosted server leaves out', () => {
    assertDecodes(
      Checkpoint,
      { checkpoint_id: 'a', checkpoint_type: 'sampler', time: '2026-07-13T00:00:00', tinker_path: 'tinker://r/sampler_weights/a' },
      { checkpointId: 'a', checkpointType: 'sampler', time, tinkerPath: 'tinker://r/sampler_weights/a', public: false },
    );
  });

  it('refuses a kind that there is not', () => {
    assertRejects(
      Checkpoint,
      { checkpoint_id: 'a', checkpoint_type: 'other', tinker_path: 'p' },
      'checkpoint_type: got "other", expected CheckpointType',
    );
  });
});

describe('CheckpointsListResponse', () => {
  it('may come without a cursor', () => {
    assertDecodes(CheckpointsListResponse, { checkpoints: [], cursor: null }, { checkpoints: [] });
    assertStandsFor(
      CheckpointsListResponse,
      { checkpoints: [], cursor: { offset: 0, limit: 100, totalCount: 3 } },
      '{"checkpoints":[],"cursor":{"offset":0,"limit":100,"total_count":3}}',
    );
  });
});

describe('requests for pages', () => {
  it('have the defaults of the protocol, and read numbers from a query string', () => {
    expect(ListTrainingRunsRequest.make({})).toEqual({ limit: 20, offset: 0, accessScope: 'owned' });
    expect(ListUserCheckpointsRequest.make({})).toEqual({ limit: 100, offset: 0 });
    assertDecodes(ListTrainingRunsRequest, { limit: '5', project_id: 'p' }, { limit: 5, offset: 0, accessScope: 'owned', projectId: 'p' });
  });
});

describe('SetCheckpointTtlRequest', () => {
  it('sends null as it is', () => {
    const address = { trainingRunId: 'r', kind: 'weights', name: 'a' };
    assertEncodes(SetCheckpointTtlRequest, { ...address, ttlSeconds: null }, '{"training_run_id":"r","kind":"weights","name":"a","ttl_seconds":null}');
    assertStandsFor(SetCheckpointTtlRequest, { ...address, ttlSeconds: 60 }, '{"training_run_id":"r","kind":"weights","name":"a","ttl_seconds":60}');
  });
});

describe('CheckpointArchiveUrlResponse', () => {
  it('takes a date or a Unix number', () => {
    assertDecodes(CheckpointArchiveUrlResponse, { url: 'u', expires: time.getTime() / 1000 }, { url: 'u', expires: time });
    assertDecodes(CheckpointArchiveUrlResponse, { url: 'u' }, { url: 'u' });
  });
});

describe('TrainingRun', () => {
  it('stands for all that a server says', () => {
    assertStandsFor(
      TrainingRun,
      { trainingRunId: 'r', baseModel: 'b', modelOwner: 'o', isLora: true, corrupted: true, loraRank: 8, lastRequestTime: time, userMetadata: { k: 'v' } },
      '{"training_run_id":"r","base_model":"b","model_owner":"o","is_lora":true,"corrupted":true,"lora_rank":8,' +
        '"last_request_time":"2026-07-13T00:00:00Z","user_metadata":{"k":"v"}}',
    );
  });

  it('needs no more than its ids, and passes over what it does not know', () => {
    assertDecodes(
      TrainingRunsResponse,
      { training_runs: [{ training_run_id: 'r', base_model: 'b', last_checkpoint: null, user_metadata: null, future_id: 7 }] },
      { trainingRuns: [{ trainingRunId: 'r', baseModel: 'b', corrupted: false }] },
    );
  });
});
