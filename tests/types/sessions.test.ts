import { describe, expect, it } from '@jest/globals';
import { AuditLogRequest, AuditLogResponse } from '../../src/types/audit.js';
import { AssignSessionProjectRequest, GetSessionResponse, ListSessionsRequest, SessionTraceResponse } from '../../src/types/sessions.js';
import { assertDecodes, assertRejects, assertStandsFor } from '../support/codec.js';

describe('sessions', () => {
  it('are asked for in pages of 20 of the caller’s own', () => {
    expect(ListSessionsRequest.make({})).toEqual({ limit: 20, offset: 0, accessScope: 'owned' });
  });

  it('hold runs and samplers', () => {
    assertDecodes(GetSessionResponse, { training_run_ids: ['r'], sampler_ids: null, extra: 1 }, { trainingRunIds: ['r'], samplerIds: [] });
  });

  it('are moved by session and project', () => {
    assertStandsFor(AssignSessionProjectRequest, { sessionId: 's', projectId: 'p' }, '{"session_id":"s","project_id":"p"}');
  });

  it('have traces that are pending, ready or failed', () => {
    assertDecodes(SessionTraceResponse, { status: 'pending', url: null, error: null }, { status: 'pending' });
    assertDecodes(SessionTraceResponse, { status: 'ready', url: 'u' }, { status: 'ready', url: 'u' });
    assertRejects(SessionTraceResponse, { status: 'lost' }, 'status: got "lost", expected TraceStatus');
  });
});

describe('the audit log', () => {
  it('is asked for by day', () => {
    assertStandsFor(AuditLogRequest, { eventType: 'all', day: '2025-01-02' }, '{"event_type":"all","day":"2025-01-02"}');
  });

  it('lists what was done', () => {
    assertDecodes(
      AuditLogResponse,
      { entries: [{ timestamp: '2025-01-02T03:04:05Z', event: 'save', model_id: 'm', tinker_path: 'tinker://m/weights/a', purpose: null }] },
      { entries: [{ timestamp: new Date(Date.UTC(2025, 0, 2, 3, 4, 5)), event: 'save', modelId: 'm', tinkerPath: 'tinker://m/weights/a' }] },
    );
  });
});
