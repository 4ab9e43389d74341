import * as E from 'fp-ts/lib/Either.js';
import type { Http } from '../api/http.js';
import { listCheckpoints } from '../api/runs.js';
import type { CheckpointFacts } from './inspected-service.js';
import { ListCheckpointsRequest } from '../types/checkpoint-listing.js';
import { parseCheckpointPath } from '../types/ids.js';
import type { StopSignal } from '../types/stop.js';

/**
 * What the server's listing says about a checkpoint, for those who look on: asked for once, since nothing depends on it.
 * Undefined where the server has no such listing, does not answer, or does not list it.
 */
export async function checkpointFacts(http: Http, path: string, idempotencyKey: string, signal: StopSignal): Promise<CheckpointFacts | undefined> {
  const parsed = parseCheckpointPath(path);
  if (E.isLeft(parsed)) return undefined;
  const request = ListCheckpointsRequest.make({ trainingRunId: parsed.right.trainingRunId });
  const answer = await http.call(listCheckpoints, request, { retryCount: 0, idempotencyKey, signal })();
  if (E.isLeft(answer)) return undefined;
  const listed = answer.right.checkpoints.find(({ tinkerPath }) => tinkerPath === path);
  if (listed === undefined) return undefined;
  const { sizeBytes, expiresAt } = listed;
  return {
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.getTime() }),
  };
}
