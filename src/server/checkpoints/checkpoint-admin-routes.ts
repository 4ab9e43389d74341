import { checkpointArchive, deleteCheckpoint, publishCheckpoint, setCheckpointTtl, unpublishCheckpoint } from '../../api/checkpoint-admin.js';
import type { CheckpointAddress } from '../../types/checkpoint-admin.js';
import { checkTtlSeconds, parseCheckpointPath, type ParsedCheckpointPath } from '../../types/ids.js';
import { signedUrl } from '../archives/archive-download.js';
import type { BuiltFile } from '../archives/archive-files.js';
import { isoTime } from '../clock.js';
import { checkpointKinds } from './checkpoint-kind.js';
import { EngineError } from '../engine/engine-error.js';
import { errorResponse, HttpError } from '../http-error.js';
import type { LocalApi } from '../local-api.js';
import { runFolder } from '../runs/run-ids.js';
import { orNotFound, orRefuse } from '../refusals.js';
import { answer, answerRaw, type ServerApp } from '../routing.js';

const signatureLivesMs = 15 * 60_000;
const bareId = '/api/v1/training_runs/:training_run_id/checkpoints/:checkpoint_id';

/** Deleting, publishing, expiry and archives of checkpoints (wire protocol §2.5). */
export function addCheckpointAdminRoutes(app: ServerApp, api: LocalApi): void {
  answer(app, deleteCheckpoint, async (address) => {
    const { path } = await requireCheckpoint(api, address);
    await api.checkpoints.delete(path);
  });

  answer(app, publishCheckpoint, (address) => setPublic(api, address, true));
  answer(app, unpublishCheckpoint, (address) => setPublic(api, address, false));

  answer(app, setCheckpointTtl, async ({ ttlSeconds, ...address }) => {
    const seconds = orRefuse(checkTtlSeconds(ttlSeconds ?? undefined));
    const { path } = await requireCheckpoint(api, address);
    await api.checkpoints.setExpiry(path, seconds === undefined ? null : isoTime(api.clock.now() + seconds * 1000));
  });

  answerRaw(app, checkpointArchive, async (address, c) => {
    const parsed = await requireCheckpoint(api, address);
    const file = await archiveOf(api, parsed);
    if (file === undefined) return errorResponse(503, 'The archive is being built. Ask again in a moment.', { 'retry-after': '1' });
    const expiresAt = api.clock.now() + signatureLivesMs;
    const name = `${runFolder(parsed.trainingRunId) ?? 'run'}_${parsed.checkpointId.replace('/', '_')}.tar.gz`;
    const location = signedUrl(api, c, file, name, expiresAt);
    return new Response(null, { status: 302, headers: { location, expires: new Date(expiresAt).toUTCString(), 'content-length': '0', 'cache-control': 'no-store' } });
  });

  const refuseBareId = (): never => {
    throw invalidCheckpointId();
  };
  app.delete(bareId, refuseBareId);
  app.post(`${bareId}/publish`, refuseBareId);
  app.put(`${bareId}/ttl`, refuseBareId);
  app.get(`${bareId}/archive`, refuseBareId);
}

async function setPublic(api: LocalApi, address: CheckpointAddress, isPublic: boolean): Promise<void> {
  const { path } = await requireCheckpoint(api, address);
  if (await api.checkpoints.setPublic(path, isPublic)) return;
  // Without the header clients would take a conflict for something that passes.
  throw new HttpError(409, `Checkpoint ${path} is ${isPublic ? 'public' : 'private'} already.`, { 'x-should-retry': 'false' });
}

async function archiveOf(api: LocalApi, parsed: ParsedCheckpointPath): Promise<BuiltFile | undefined> {
  const found = await orNotFound(api.checkpoints.require(parsed));
  try {
    return await api.archives.get(parsed.path, found);
  } catch (thrown) {
    // Sending it again would only build again what cannot be built.
    throw thrown instanceof EngineError ? new HttpError(500, thrown.message, { 'x-should-retry': 'false' }) : thrown;
  }
}

/** @throws HttpError 400 when the address is none, 404 when there is no such checkpoint */
async function requireCheckpoint(api: LocalApi, { trainingRunId, kind: given, name }: CheckpointAddress): Promise<ParsedCheckpointPath> {
  const kind = checkpointKinds.find((known) => known === given);
  if (kind === undefined) throw invalidCheckpointId();
  const parsed = orRefuse(parseCheckpointPath(api.checkpoints.pathOf(trainingRunId, name, kind), 'checkpoint'));
  await orNotFound(api.checkpoints.require(parsed));
  return parsed;
}

function invalidCheckpointId(): HttpError {
  return new HttpError(
    400,
    "Invalid checkpoint identifier. Expected format 'weights/<name>' for a training checkpoint or 'sampler_weights/<name>' for a sampler checkpoint.",
  );
}
