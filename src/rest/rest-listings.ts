import { listCheckpoints, listTrainingRuns, listUserCheckpoints } from '../api/runs.js';
import { listSessions } from '../api/sessions.js';
import type { Runtime } from '../service/runtime.js';
import { checkCount, checkId, checkScope, limitsOf, type ScopeOptions } from './rest-input.js';
import { pagesOf } from './rest-pages.js';
import { ListCheckpointsRequest, ListUserCheckpointsRequest, type Checkpoint, type CheckpointsListResponse } from '../types/checkpoint-listing.js';
import { ListTrainingRunsRequest, type TrainingRun, type TrainingRunsResponse } from '../types/runs.js';
import { ListSessionsRequest, type ListSessionsResponse } from '../types/sessions.js';
import type { WaitOptions } from '../calls/wait.js';

/** Which page of a listing. */
export interface PageOptions extends WaitOptions {
  /** Most items in the answer; the server may set a limit of its own. */
  readonly limit?: number | undefined;
  /** Items to leave out before the first; default 0. */
  readonly offset?: number | undefined;
}

/** How a listing is gone through. The limits hold for each page. */
export interface IterateOptions extends WaitOptions {
  /** Items asked for at once; default as that of the page. */
  readonly pageSize?: number | undefined;
}

/** Which training runs. */
export interface TrainingRunsFilter extends ScopeOptions {
  /** Only the runs of this project. */
  readonly projectId?: string | undefined;
}

const pageNames = ['limit', 'offset'];
const runDefault = 20;
const checkpointDefault = 100;
const sessionDefault = 20;

function pageOf({ limit, offset }: PageOptions, fallback: number): { limit: number; offset: number } {
  return { limit: checkCount('limit', limit, fallback, 1), offset: checkCount('offset', offset, 0, 0) };
}

/** One page of training runs; see `RestClient.listTrainingRuns`. */
export async function pageOfRuns(runtime: Runtime, options: PageOptions & TrainingRunsFilter): Promise<TrainingRunsResponse> {
  const limits = limitsOf(options, [...pageNames, 'accessScope', 'projectId']);
  const { accessScope, projectId } = options;
  const request = ListTrainingRunsRequest.make({
    ...pageOf(options, runDefault),
    accessScope: checkScope(accessScope),
    projectId: projectId === undefined ? undefined : checkId('projectId', projectId),
  });
  return runtime.ask('listTrainingRuns', limits, listTrainingRuns, request);
}

/** All training runs; see `RestClient.iterateTrainingRuns`. */
export async function* allRuns(runtime: Runtime, options: IterateOptions & TrainingRunsFilter): AsyncGenerator<TrainingRun, void, undefined> {
  const { pageSize, ...filter } = withPageSize(options, ['accessScope', 'projectId'], runDefault);
  yield* pagesOf(
    pageSize,
    async (limit, offset) => {
      const { trainingRuns, cursor } = await pageOfRuns(runtime, { ...filter, limit, offset });
      return { items: trainingRuns, totalCount: cursor?.totalCount };
    },
    ({ trainingRunId }) => trainingRunId,
  );
}

/** The checkpoints of one run; see `RestClient.listCheckpoints`. */
export async function checkpointsOfRun(runtime: Runtime, trainingRunId: string, options: WaitOptions): Promise<CheckpointsListResponse> {
  const limits = limitsOf(options);
  const request = ListCheckpointsRequest.make({ trainingRunId: checkId('trainingRunId', trainingRunId) });
  return runtime.ask('listCheckpoints', limits, listCheckpoints, request);
}

/** One page of the caller's checkpoints; see `RestClient.listUserCheckpoints`. */
export async function pageOfCheckpoints(runtime: Runtime, options: PageOptions): Promise<CheckpointsListResponse> {
  const limits = limitsOf(options, pageNames);
  return runtime.ask('listUserCheckpoints', limits, listUserCheckpoints, ListUserCheckpointsRequest.make(pageOf(options, checkpointDefault)));
}

/** All of the caller's checkpoints; see `RestClient.iterateUserCheckpoints`. */
export async function* allCheckpoints(runtime: Runtime, options: IterateOptions): AsyncGenerator<Checkpoint, void, undefined> {
  const { pageSize, ...filter } = withPageSize(options, [], checkpointDefault);
  yield* pagesOf(
    pageSize,
    async (limit, offset) => {
      const { checkpoints, cursor } = await pageOfCheckpoints(runtime, { ...filter, limit, offset });
      return { items: checkpoints, totalCount: cursor?.totalCount };
    },
    ({ tinkerPath }) => tinkerPath,
  );
}

/** One page of session ids; see `RestClient.listSessions`. */
export async function pageOfSessions(runtime: Runtime, options: PageOptions & ScopeOptions): Promise<ListSessionsResponse> {
  const limits = limitsOf(options, [...pageNames, 'accessScope']);
  const request = ListSessionsRequest.make({ ...pageOf(options, sessionDefault), accessScope: checkScope(options.accessScope) });
  return runtime.ask('listSessions', limits, listSessions, request);
}

/** All session ids; see `RestClient.iterateSessions`. */
export async function* allSessions(runtime: Runtime, options: IterateOptions & ScopeOptions): AsyncGenerator<string, void, undefined> {
  const { pageSize, ...filter } = withPageSize(options, ['accessScope'], sessionDefault);
  yield* pagesOf(
    pageSize,
    async (limit, offset) => {
      const { sessions } = await pageOfSessions(runtime, { ...filter, limit, offset });
      return { items: sessions, totalCount: undefined };
    },
    (sessionId) => sessionId,
  );
}

function withPageSize<O extends IterateOptions>(options: O, others: readonly string[], fallback: number): O & { pageSize: number } {
  limitsOf(options, [...others, 'pageSize']);
  return { ...options, pageSize: checkCount('pageSize', options.pageSize, fallback, 1) };
}
