import { assignSessionProject, getSession, listSessions } from '../../api/sessions.js';
import { HttpError } from '../http-error.js';
import type { LocalApi } from '../local-api.js';
import { pageOf } from '../runs/run-listing.js';
import { answer, type ServerApp } from '../routing.js';

/** Listings of sessions, open and ended, and their projects (wire protocol §2.8). */
export function addSessionRoutes(app: ServerApp, api: LocalApi): void {
  answer(app, listSessions, (page) => ({ sessions: pageOf(api.sessions.all(), page).items.map(({ sessionId }) => sessionId) }));

  answer(app, getSession, ({ sessionId }) => {
    if (api.sessions.find(sessionId) === undefined) throw new HttpError(404, `Session not found: ${sessionId}.`);
    const runs = api.runs.all().filter(({ record }) => record.sessionId === sessionId);
    return { trainingRunIds: runs.map(({ record }) => record.modelId), samplerIds: api.samplers.ofSession(sessionId).map(({ samplerId }) => samplerId) };
  });

  answer(app, assignSessionProject, async ({ sessionId, projectId }) => {
    if (projectId.trim() === '') throw new HttpError(400, 'project_id: empty; name a project. A session cannot be taken out of all projects.');
    await api.sessions.setProject(sessionId, projectId);
  });
}
