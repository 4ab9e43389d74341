import { getTrainingRun, listCheckpoints, listTrainingRuns, listUserCheckpoints } from '../../api/runs.js';
import { HttpError } from '../http-error.js';
import type { LocalApi } from '../local-api.js';
import { checkpointOf, listedRuns, pageOf, trainingRunsOf } from './run-listing.js';
import { answer, type ServerApp } from '../routing.js';

/** Listings of runs and checkpoints; earlier processes of the server count (wire protocol §2.5, §2.8). */
export function addRunRoutes(app: ServerApp, api: LocalApi): void {
  answer(app, listTrainingRuns, ({ projectId, ...page }) => {
    const inProject = listedRuns(api).filter(({ record }) => projectId === undefined || api.sessions.find(record.sessionId)?.projectId === projectId);
    const { items, cursor } = pageOf(inProject, page);
    return { trainingRuns: trainingRunsOf(api, items), cursor };
  });

  answer(app, getTrainingRun, ({ trainingRunId }) => {
    const [run] = trainingRunsOf(api, listedRuns(api).filter(({ record }) => record.modelId === trainingRunId));
    if (run === undefined) throw notFound(trainingRunId);
    return run;
  });

  answer(app, listCheckpoints, async ({ trainingRunId }) => {
    await api.checkpoints.sweep();
    const checkpoints = api.checkpoints.list(trainingRunId);
    if (checkpoints.length === 0 && api.runs.find(trainingRunId) === undefined) throw notFound(trainingRunId);
    return { checkpoints: checkpoints.map(checkpointOf) };
  });

  answer(app, listUserCheckpoints, async (page) => {
    await api.checkpoints.sweep();
    const { items, cursor } = pageOf(api.checkpoints.list(), page);
    return { checkpoints: items.map(checkpointOf), cursor };
  });
}

function notFound(trainingRunId: string): HttpError {
  return new HttpError(404, `Training run not found: ${trainingRunId}.`);
}
