import { weightsInfo } from './api/checkpoints.js';
import { getTrainingRun } from './api/runs.js';
import { getSampler } from './api/sampling.js';
import type { Identity } from './credentials/credentials.js';
import type { AuditLogOptions, BillingUsageOptions } from './rest/rest-account.js';
import type { DownloadedCheckpoint, DownloadOptions } from './rest/rest-download.js';
import { addressOf, addressOfPath, checkId, checkScope, limitsOf, parsePath, type ScopeOptions } from './rest/rest-input.js';
import type { IterateOptions, PageOptions, TrainingRunsFilter } from './rest/rest-listings.js';
import type { Runtime } from './service/runtime.js';
import { orThrow } from './calls/check-options.js';
import type { AuditLogResponse } from './types/audit.js';
import type { BillingUsageResponse } from './types/billing.js';
import type { CheckpointAddress } from './types/checkpoint-admin.js';
import type { Checkpoint, CheckpointsListResponse } from './types/checkpoint-listing.js';
import { WeightsInfoRequest, type WeightsInfoResponse } from './types/checkpoints.js';
import { parseTrainingPath } from './types/ids.js';
import { GetTrainingRunRequest, type TrainingRun, type TrainingRunsResponse } from './types/runs.js';
import type { GetSamplerResponse } from './types/sampling.js';
import type { GetSessionResponse, ListSessionsResponse } from './types/sessions.js';
import type { WaitOptions } from './calls/wait.js';

// Loaded with the first question of their kind: a program that only trains asks none, and starts sooner.
const account = () => import('./rest/rest-account.js');
const admin = () => import('./rest/rest-admin.js');
const downloads = () => import('./rest/rest-download.js');
const listings = () => import('./rest/rest-listings.js');
const sessions = () => import('./rest/rest-sessions.js');

/** Where the archive of a checkpoint can be downloaded for a while. */
export interface CheckpointArchiveUrl {
  /** Signed: whoever has it can download. Fetch it without any credential, and do not log it. */
  readonly url: string;
  /** When it ends. */
  readonly expires: Date;
}

/**
 * Questions about runs, checkpoints, sessions and the account, and the administration of checkpoints;
 * none of it needs a model (wire protocol §6.4). Made by `ServiceClient.createRestClient`.
 *
 * Every call takes `signal` and `timeoutMs` among its options and rejects with a TinkerError: `validation`
 * before anything is sent; `http` with the status when the server refuses, such as 404 for what there is
 * not, and 404 or 405 for a call that this server does not offer, which the message then says.
 */
export class RestClient {
  readonly #runtime: Runtime;

  /** @internal */
  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** One training run (§2.8). */
  async getTrainingRun(trainingRunId: string, options: ScopeOptions = {}): Promise<TrainingRun> {
    return this.#run('getTrainingRun', checkId('trainingRunId', trainingRunId), options);
  }

  /** The training run that saved a checkpoint of either kind (§2.8). */
  async getTrainingRunByTinkerPath(tinkerPath: string, options: ScopeOptions = {}): Promise<TrainingRun> {
    return this.#run('getTrainingRunByTinkerPath', parsePath(tinkerPath).trainingRunId, options);
  }

  /**
   * What a training checkpoint holds: base model, LoRA rank, and which parts were trained
   * (wire protocol §2.5).
   * @throws TinkerError `validation` on a path that is not `tinker://RUN/weights/NAME`; `http` with
   *   status 404 when there is no such checkpoint
   */
  async getWeightsInfoByTinkerPath(path: string, options: WaitOptions = {}): Promise<WeightsInfoResponse> {
    const { path: tinkerPath } = orThrow(parseTrainingPath(path));
    return this.#runtime.ask('getWeightsInfoByTinkerPath', options, weightsInfo, WeightsInfoRequest.make({ tinkerPath }));
  }

  /** One page of training runs: `limit` 20, `offset` 0, `accessScope` "owned", of any project (§2.8). */
  async listTrainingRuns(options: PageOptions & TrainingRunsFilter = {}): Promise<TrainingRunsResponse> {
    return (await listings()).pageOfRuns(this.#runtime, options);
  }

  /** All training runs, each page (of 20, unless `pageSize` says otherwise) asked for when it is needed. */
  async *iterateTrainingRuns(options: IterateOptions & TrainingRunsFilter = {}): AsyncGenerator<TrainingRun, void, undefined> {
    yield* (await listings()).allRuns(this.#runtime, options);
  }

  /** All checkpoints of one run. Some self-hosted servers answer with none for a run that they do not know (§2.5). */
  async listCheckpoints(trainingRunId: string, options: WaitOptions = {}): Promise<CheckpointsListResponse> {
    return (await listings()).checkpointsOfRun(this.#runtime, trainingRunId, options);
  }

  /** One page of the caller's checkpoints, newest first: `limit` 100, `offset` 0 (§2.5). */
  async listUserCheckpoints(options: PageOptions = {}): Promise<CheckpointsListResponse> {
    return (await listings()).pageOfCheckpoints(this.#runtime, options);
  }

  /** All of the caller's checkpoints, each page (of 100, unless `pageSize` says otherwise) asked for when it is needed. */
  async *iterateUserCheckpoints(options: IterateOptions = {}): AsyncGenerator<Checkpoint, void, undefined> {
    yield* (await listings()).allCheckpoints(this.#runtime, options);
  }

  /**
   * Where the archive of a checkpoint can be downloaded; waits up to 15 minutes, or `timeoutMs`, for a
   * server that is still building it (§2.5). `downloadCheckpoint` does all the rest as well.
   * @param checkpointId with its kind: `weights/NAME` or `sampler_weights/NAME`
   */
  async getCheckpointArchiveUrl(trainingRunId: string, checkpointId: string, options: WaitOptions = {}): Promise<CheckpointArchiveUrl> {
    return this.#archiveUrl('getCheckpointArchiveUrl', addressOf(trainingRunId, checkpointId), options);
  }

  /** The same for a checkpoint path of either kind. */
  async getCheckpointArchiveUrlFromTinkerPath(tinkerPath: string, options: WaitOptions = {}): Promise<CheckpointArchiveUrl> {
    return this.#archiveUrl('getCheckpointArchiveUrlFromTinkerPath', addressOfPath(tinkerPath), options);
  }

  /**
   * Downloads a checkpoint into a new folder. Waits until the archive is built, goes on where a connection
   * broke, has the address signed again when it ends, and checks size and structure before anything is
   * extracted. The folder appears at once and complete, or not at all; meanwhile there is a hidden folder
   * beside it.
   * @param targetDirectory must not exist, unless `force` has it replaced; the folder around it must
   * @throws TinkerError `connection` or `http` when the download fails for good; `malformedResponse` on an
   *   archive that is damaged or holds anything but files and folders below its root
   */
  async downloadCheckpoint(tinkerPath: string, targetDirectory: string, options: DownloadOptions = {}): Promise<DownloadedCheckpoint> {
    return (await downloads()).download(this.#runtime, tinkerPath, targetDirectory, options);
  }

  /**
   * Deletes a checkpoint for good (§2.5). When a 404 follows an attempt without a usable answer, the
   * message says that it may have been deleted by that attempt.
   * @param checkpointId with its kind: `weights/NAME` or `sampler_weights/NAME`
   */
  async deleteCheckpoint(trainingRunId: string, checkpointId: string, options: WaitOptions = {}): Promise<void> {
    await (await admin()).removeById(this.#runtime, trainingRunId, checkpointId, options);
  }

  /** The same for a checkpoint path of either kind. */
  async deleteCheckpointFromTinkerPath(tinkerPath: string, options: WaitOptions = {}): Promise<void> {
    await (await admin()).removeByPath(this.#runtime, tinkerPath, options);
  }

  /**
   * Lets everybody use a checkpoint; 409 when it is public already (§2.5), unless an earlier attempt of
   * this call got no usable answer: then it is as wanted.
   */
  async publishCheckpointFromTinkerPath(tinkerPath: string, options: WaitOptions = {}): Promise<void> {
    await (await admin()).publish(this.#runtime, tinkerPath, options);
  }

  /** Takes that back; 409 when it is private already, with the same exception (§2.5). */
  async unpublishCheckpointFromTinkerPath(tinkerPath: string, options: WaitOptions = {}): Promise<void> {
    await (await admin()).unpublish(this.#runtime, tinkerPath, options);
  }

  /**
   * Sets when a checkpoint is deleted by itself (§2.5).
   * @param ttlSeconds whole seconds from now, 1 to 100 years; null keeps it for good
   */
  async setCheckpointTtlFromTinkerPath(tinkerPath: string, ttlSeconds: number | null, options: WaitOptions = {}): Promise<void> {
    await (await admin()).setTtl(this.#runtime, tinkerPath, ttlSeconds, options);
  }

  /** The runs and samplers that were made in a session (§2.8). */
  async getSession(sessionId: string, options: ScopeOptions = {}): Promise<GetSessionResponse> {
    return (await sessions()).sessionOf(this.#runtime, sessionId, options);
  }

  /** One page of session ids: `limit` 20, `offset` 0, `accessScope` "owned" (§2.8). */
  async listSessions(options: PageOptions & ScopeOptions = {}): Promise<ListSessionsResponse> {
    return (await listings()).pageOfSessions(this.#runtime, options);
  }

  /** All session ids, each page (of 20, unless `pageSize` says otherwise) asked for when it is needed. */
  async *iterateSessions(options: IterateOptions & ScopeOptions = {}): AsyncGenerator<string, void, undefined> {
    yield* (await listings()).allSessions(this.#runtime, options);
  }

  /** Moves a session into a project; there is no way out of projects again (§2.8). */
  async assignSessionProject(sessionId: string, projectId: string, options: WaitOptions = {}): Promise<void> {
    await (await sessions()).assignProject(this.#runtime, sessionId, projectId, options);
  }

  /**
   * Has the trace of a session written in Perfetto's format, asking every 5 s until it is there (§2.8).
   * @param options `timeoutMs` is for all of it, 1 hour unless given
   * @returns a signed address, good for about an hour; fetch it without any credential, and do not log it
   * @throws TinkerError `requestFailed` when the server cannot write it
   */
  async exportSessionTrace(sessionId: string, options: WaitOptions = {}): Promise<string> {
    return (await sessions()).exportTrace(this.#runtime, sessionId, options);
  }

  /** What a sampling session samples from (§2.6). */
  async getSampler(samplerId: string, options: WaitOptions = {}): Promise<GetSamplerResponse> {
    return this.#runtime.ask('getSampler', limitsOf(options), getSampler, { samplerId: checkId('samplerId', samplerId) });
  }

  /** What was used, in UTC hours of at most 14 days (§2.8). */
  async getBillingUsage(options: BillingUsageOptions): Promise<BillingUsageResponse> {
    return (await account()).usageOf(this.#runtime, options);
  }

  /** What was done on one day, today unless `day` says otherwise; for administrators (§2.8). */
  async getAuditLog(options: AuditLogOptions = {}): Promise<AuditLogResponse> {
    return (await account()).auditOf(this.#runtime, options);
  }

  /**
   * Whom the server takes the caller for, by the token that it exchanged the API key for (§2.8).
   * @throws TinkerError `validation` when there is no such token
   */
  async whoami(options: WaitOptions = {}): Promise<Identity> {
    return this.#runtime.within('whoami', limitsOf(options), () => this.#runtime.identity());
  }

  async #run(call: string, trainingRunId: string, options: ScopeOptions): Promise<TrainingRun> {
    const limits = limitsOf(options, ['accessScope']);
    const request = GetTrainingRunRequest.make({ trainingRunId, accessScope: checkScope(options.accessScope) });
    return this.#runtime.ask(call, limits, getTrainingRun, request);
  }

  async #archiveUrl(call: string, address: CheckpointAddress, options: WaitOptions): Promise<CheckpointArchiveUrl> {
    const limits = limitsOf(options);
    const { attended } = await import('./calls/attended.js');
    const { signedUrlOf } = await import('./rest/archive-url.js');
    const { url, expires } = await attended(this.#runtime, call, limits, (steps) =>
      signedUrlOf(this.#runtime, call, address, steps, { limitMs: limits.timeoutMs }),
    );
    return { url, expires };
  }
}
