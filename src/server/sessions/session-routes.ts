import * as t from 'io-ts';
import { Nothing, post } from '../../api/route.js';
import { assignSessionProject, getSession, listSessions } from '../../api/sessions.js';
import { field, message, optional } from '../../types/message.js';
import { HttpError } from '../http-error.js';
import type { LocalApi } from '../local-api.js';
import { pageOf } from '../runs/run-listing.js';
import { answer, type ServerApp } from '../routing.js';

/** Ends a session; newer official clients do when they are closed. */
const finishSession = post(
  '/api/v1/sessions/{session_id}/finish',
  message('FinishSessionRequest', {
    sessionId: field('session_id', t.string),
    reason: field('reason', t.strict({ type: t.keyof({ success: null, errored: null, interrupted: null }) })),
    detail: optional('detail', t.string),
  }),
  Nothing,
);

/** Listings of sessions, open and ended, their projects (wire protocol §2.8), and their end. */
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

  answer(app, finishSession, async ({ sessionId, reason, detail }) => {
    await api.sessions.finish(sessionId, detail === undefined ? { status: reason.type } : { status: reason.type, detail });
  });
}
