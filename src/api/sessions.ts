import {
  AssignSessionProjectRequest,
  GetSessionRequest,
  GetSessionResponse,
  ListSessionsRequest,
  ListSessionsResponse,
  SessionTraceRequest,
  SessionTraceResponse,
} from '../types/sessions.js';
import { put, query } from './route.js';

/** A page of session ids. */
export const listSessions = query('/api/v1/sessions', ListSessionsRequest, ListSessionsResponse);

/** What was made in a session. */
export const getSession = query('/api/v1/sessions/{session_id}', GetSessionRequest, GetSessionResponse);

/** Moves a session into a project. */
export const assignSessionProject = put('/api/v1/sessions/{session_id}/project', AssignSessionProjectRequest);

/** How far the trace of a session is; asked again until it is ready. */
export const exportSessionTrace = query('/api/v1/sessions/{session_id}/trace_export', SessionTraceRequest, SessionTraceResponse);
