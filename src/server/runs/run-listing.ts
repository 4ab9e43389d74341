import type { Checkpoint, Cursor } from '../../types/checkpoint-listing.js';
import type { TrainingRun } from '../../types/runs.js';
import { typeOfKind, type CheckpointKind } from '../checkpoints/checkpoint-kind.js';
import type { IndexedCheckpoint } from '../checkpoints/indexed-checkpoint.js';
import { HttpError } from '../http-error.js';
import type { LocalApi } from '../local-api.js';
import { newestFirst } from '../newest-first.js';
import type { Run } from './runs.js';
import { localUser } from '../tokens.js';

const mostOnPage = 1000;

/** One page of a listing, and which one it is. */
export function pageOf<A>(all: readonly A[], { limit, offset }: { readonly limit: number; readonly offset: number }): { readonly items: readonly A[]; readonly cursor: Cursor } {
  if (limit < 0) throw new HttpError(422, `limit: got ${limit}, expected a whole number from 0`);
  if (offset < 0) throw new HttpError(422, `offset: got ${offset}, expected a whole number from 0`);
  const size = Math.min(limit, mostOnPage);
  return { items: all.slice(offset, offset + size), cursor: { offset, limit: size, totalCount: all.length } };
}

/** The runs that listings show, newest first: all but those whose model is still being made. */
export function listedRuns(api: LocalApi): readonly Run[] {
  const runs = api.runs.all().filter(({ record, queue }) => record.baseModel !== null || record.ended !== null || queue === undefined);
  return newestFirst(runs.map((run) => ({ run, createdAt: run.record.createdAt }))).map(({ run }) => run);
}

/** Runs as listings show them (wire protocol §2.8). */
export function trainingRunsOf({ checkpoints }: LocalApi, runs: readonly Run[]): readonly TrainingRun[] {
  const newest = new Map<string, IndexedCheckpoint>();
  for (const checkpoint of checkpoints.list()) {
    const key = `${checkpoint.modelId}/${checkpoint.kind}`;
    if (!newest.has(key)) newest.set(key, checkpoint);
  }
  return runs.map((run) => trainingRunOf(run, (kind) => newest.get(`${run.record.modelId}/${kind}`)));
}

function trainingRunOf({ record }: Run, newest: (kind: CheckpointKind) => IndexedCheckpoint | undefined): TrainingRun {
  const last = (kind: CheckpointKind): Checkpoint | undefined => {
    const checkpoint = newest(kind);
    return checkpoint === undefined ? undefined : checkpointOf(checkpoint);
  };
  return {
    trainingRunId: record.modelId,
    // The model of a run that could not be created is not known.
    baseModel: record.baseModel ?? 'unknown',
    modelOwner: localUser,
    isLora: true,
    corrupted: record.baseModel === null || record.ended?.reason === 'failed',
    loraRank: record.lora?.rank,
    lastRequestTime: new Date(record.lastRequestAt ?? record.createdAt),
    lastCheckpoint: last('weights'),
    lastSamplerCheckpoint: last('sampler_weights'),
    userMetadata: record.userMetadata === null ? undefined : textsOf(record.userMetadata),
  };
}

/** A checkpoint as listings show it (wire protocol §2.5). */
export function checkpointOf({ kind, name, path, createdAt, sizeBytes, isPublic, expiresAt }: IndexedCheckpoint): Checkpoint {
  return {
    checkpointId: `${kind}/${name}`,
    checkpointType: typeOfKind[kind],
    time: new Date(createdAt),
    tinkerPath: path,
    sizeBytes,
    public: isPublic,
    expiresAt: expiresAt === null ? undefined : new Date(expiresAt),
  };
}

/** Listings carry texts only; what is none becomes JSON. */
export function textsOf(metadata: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]));
}
