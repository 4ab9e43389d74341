import { deleteCheckpoint, publishCheckpoint, setCheckpointTtl, unpublishCheckpoint } from '../api/checkpoint-admin.js';
import type { Route } from '../api/route.js';
import type { Runtime } from '../service/runtime.js';
import { addressOf, addressOfPath, checkTtlOrNull, limitsOf } from './rest-input.js';
import { SetCheckpointTtlRequest, type CheckpointAddress } from '../types/checkpoint-admin.js';
import { asSentence, TinkerError } from '../types/errors.js';
import type { WaitOptions } from '../calls/wait.js';

/** Deletes a checkpoint; see `RestClient.deleteCheckpoint`. */
export async function removeById(runtime: Runtime, trainingRunId: string, checkpointId: string, options: WaitOptions): Promise<void> {
  await remove(runtime, 'deleteCheckpoint', addressOf(trainingRunId, checkpointId), options);
}

/** The same for a path; see `RestClient.deleteCheckpointFromTinkerPath`. */
export async function removeByPath(runtime: Runtime, path: string, options: WaitOptions): Promise<void> {
  await remove(runtime, 'deleteCheckpointFromTinkerPath', addressOfPath(path), options);
}

async function remove(runtime: Runtime, call: string, address: CheckpointAddress, options: WaitOptions): Promise<void> {
  try {
    await runtime.ask(call, limitsOf(options), deleteCheckpoint, address);
  } catch (thrown) {
    throw wasRepeated(thrown, 404) ? mayBeGone(thrown) : thrown;
  }
}

// Whether it was there at all before the first attempt, nobody can tell any more.
function mayBeGone(error: TinkerError): TinkerError {
  return error.with(
    {},
    `${asSentence(error.message)} An earlier attempt of this call got no usable answer, so that one may have deleted the checkpoint; ` +
      'listCheckpoints shows what is there',
  );
}

/** Publishes a checkpoint; see `RestClient.publishCheckpointFromTinkerPath`. */
export async function publish(runtime: Runtime, path: string, options: WaitOptions): Promise<void> {
  await changeAccess(runtime, 'publishCheckpointFromTinkerPath', publishCheckpoint, path, options);
}

/** Takes a publication back; see `RestClient.unpublishCheckpointFromTinkerPath`. */
export async function unpublish(runtime: Runtime, path: string, options: WaitOptions): Promise<void> {
  await changeAccess(runtime, 'unpublishCheckpointFromTinkerPath', unpublishCheckpoint, path, options);
}

async function changeAccess(
  runtime: Runtime,
  call: string,
  route: Route<CheckpointAddress, void>,
  path: string,
  options: WaitOptions,
): Promise<void> {
  try {
    await runtime.ask(call, limitsOf(options), route, addressOfPath(path));
  } catch (thrown) {
    // "Already so", said to a repetition: that is what was wanted, and most likely our own doing.
    if (!wasRepeated(thrown, 409)) throw thrown;
  }
}

function wasRepeated(thrown: unknown, status: number): thrown is TinkerError {
  return thrown instanceof TinkerError && thrown.status === status && Number(thrown.attempts) > 1;
}

/** Sets when a checkpoint ends; see `RestClient.setCheckpointTtlFromTinkerPath`. */
export async function setTtl(runtime: Runtime, path: string, ttlSeconds: number | null, options: WaitOptions): Promise<void> {
  const request = SetCheckpointTtlRequest.make({ ...addressOfPath(path), ttlSeconds: checkTtlOrNull(ttlSeconds) });
  await runtime.ask('setCheckpointTtlFromTinkerPath', limitsOf(options), setCheckpointTtl, request);
}
