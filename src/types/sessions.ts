import * as t from 'io-ts';
import { AccessScope, QueryInteger } from './access.js';
import { field, filled, message, optional } from './message.js';

/** Asks for a page of session ids (wire protocol §2.8). */
export const ListSessionsRequest = message('ListSessionsRequest', {
  limit: filled('limit', QueryInteger, 20),
  offset: filled('offset', QueryInteger, 0),
  accessScope: filled('access_scope', AccessScope, 'owned'),
});
export type ListSessionsRequest = t.TypeOf<typeof ListSessionsRequest>;

/** One page of session ids (§2.8). */
export const ListSessionsResponse = message('ListSessionsResponse', {
  /** Session ids. */
  sessions: field('sessions', t.readonlyArray(t.string)),
});
export type ListSessionsResponse = t.TypeOf<typeof ListSessionsResponse>;

/** Asks what a session holds (§2.8). */
export const GetSessionRequest = message('GetSessionRequest', {
  sessionId: field('session_id', t.string),
  accessScope: filled('access_scope', AccessScope, 'owned'),
});
export type GetSessionRequest = t.TypeOf<typeof GetSessionRequest>;

/** What was made in a session (§2.8). */
export const GetSessionResponse = message('GetSessionResponse', {
  /** Ids of the models that were created in it, which are those of their training runs. */
  trainingRunIds: filled('training_run_ids', t.readonlyArray(t.string), []),
  /** Ids of the sampling sessions that were opened in it. */
  samplerIds: filled('sampler_ids', t.readonlyArray(t.string), []),
});
export type GetSessionResponse = t.TypeOf<typeof GetSessionResponse>;

/** Moves a session into a project (§2.8). */
export const AssignSessionProjectRequest = message('AssignSessionProjectRequest', {
  sessionId: field('session_id', t.string),
  projectId: field('project_id', t.string),
});
export type AssignSessionProjectRequest = t.TypeOf<typeof AssignSessionProjectRequest>;

/** Asks for the trace of a session, and how far it is (§2.8). */
export const SessionTraceRequest = message('SessionTraceRequest', { sessionId: field('session_id', t.string) });
export type SessionTraceRequest = t.TypeOf<typeof SessionTraceRequest>;

/** How far the export of a trace is (§2.8). */
export const SessionTraceResponse = message('SessionTraceResponse', {
  /** `pending`: ask again; `ready`: there is a `url`; `failed`: there is an `error`. */
  status: field('status', t.keyof({ pending: null, ready: null, failed: null }, 'TraceStatus')),
  /** There once the status is `ready`. Signed: whoever has it can download. */
  url: optional('url', t.string),
  /** Why it failed. */
  error: optional('error', t.string),
});
export type SessionTraceResponse = t.TypeOf<typeof SessionTraceResponse>;
