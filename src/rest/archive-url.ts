import { askArchive, type ArchiveAnswer, type SignedUrl } from '../api/archive.js';
import { bareCheckpointArchive, checkpointArchive } from '../api/checkpoint-admin.js';
import type { Route } from '../api/route.js';
import type { Steps } from '../calls/attended.js';
import type { Runtime } from '../service/runtime.js';
import type { BareCheckpointAddress, CheckpointAddress, CheckpointArchiveUrlResponse } from '../types/checkpoint-admin.js';
import { TinkerError } from '../types/errors.js';
import { inVain } from '../types/wait-facts.js';

const buildPollMs = 30_000;
const buildLimitMs = 900_000;

/** How long an archive that is still being built is waited for. */
export interface BuildWait {
  /** Milliseconds; default 15 minutes. */
  readonly limitMs?: number | undefined;
  /** Told whenever the server says "not yet". */
  readonly onBuilding?: (() => void) | undefined;
}

/**
 * Asks where the archive of a checkpoint is until it is built (wire protocol §2.5).
 * @throws TinkerError `timeout` when it is not built in time; `http` when the server says no
 */
export async function signedUrlOf(
  runtime: Runtime,
  call: string,
  address: CheckpointAddress,
  steps: Steps,
  { limitMs = buildLimitMs, onBuilding }: BuildWait,
): Promise<SignedUrl> {
  const { now } = runtime.config.environment;
  const began = now();
  for (let attempts = 1; ; attempts += 1) {
    const answer = await steps.unlessGivenUp(askOnce(runtime, call, address));
    if (answer.kind === 'signed') return answer.signed;
    onBuilding?.();
    const pauseMs = answer.retryAfterMs ?? buildPollMs;
    if (now() - began + pauseMs > limitMs) {
      const error = new TinkerError('timeout', `${call}: the server is still building the archive after ${now() - began} ms`, { retriable: true });
      throw inVain(error, { operation: call, attempts, elapsedMs: now() - began }, 'Ask again later');
    }
    await steps.pause(pauseMs);
  }
}

async function askOnce(runtime: Runtime, call: string, address: CheckpointAddress): Promise<ArchiveAnswer> {
  try {
    return await ask(runtime, call, checkpointArchive, address);
  } catch (thrown) {
    if (address.kind !== 'sampler_weights' || !(thrown instanceof TinkerError) || !isUnrouted(thrown.status)) throw thrown;
    return askByName(runtime, call, address, thrown);
  }
}

/** Some self-hosted servers route no kind here, and know checkpoints for sampling by name. */
async function askByName(runtime: Runtime, call: string, { trainingRunId, name }: BareCheckpointAddress, first: TinkerError): Promise<ArchiveAnswer> {
  try {
    return await ask(runtime, call, bareCheckpointArchive, { trainingRunId, name });
  } catch (thrown) {
    // Where the whole id is understood, its answer tells more.
    throw first.status === 404 && thrown instanceof TinkerError && isUnrouted(thrown.status) ? first : thrown;
  }
}

const isUnrouted = (status: number | undefined): boolean => status === 404 || status === 405;

function ask<I>(runtime: Runtime, call: string, route: Route<I, CheckpointArchiveUrlResponse>, input: I): Promise<ArchiveAnswer> {
  const { baseUrl, environment } = runtime.config;
  return runtime.perform(call, (attempt) => askArchive(runtime.http, baseUrl, route, input, attempt, environment.wallNow ?? Date.now));
}
