import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { exportSessionTrace } from '../../api/sessions.js';
import type { SessionTraceResponse } from '../../types/sessions.js';
import { signedUrl } from '../archives/archive-download.js';
import { messageOf, withoutPlaces } from '../engine/engine-error.js';
import { HttpError } from '../http-error.js';
import type { LocalApi } from '../local-api.js';
import { answer, type ServerApp } from '../routing.js';
import { traceJson } from './trace-events.js';

const signatureLivesMs = 3_600_000;

/** Exports what was executed for a session, as a trace that Perfetto opens (wire protocol §2.8). */
export function addTraceRoutes(app: ServerApp, api: LocalApi): void {
  /** Session to the key of the export that its client is asking for. */
  const underway = new Map<string, string>();

  answer(app, exportSessionTrace, async ({ sessionId }, c): Promise<SessionTraceResponse> => {
    if (api.sessions.find(sessionId) === undefined) throw new HttpError(404, `Session not found: ${sessionId}.`);
    const key = underway.get(sessionId) ?? `trace-${randomUUID()}`;
    underway.set(sessionId, key);
    try {
      const file = await api.files.get(key, (path) => writeFile(path, traceJson(sessionId, api.ledger.trace.ofSession(sessionId))));
      if (file === undefined) return { status: 'pending' };
      underway.delete(sessionId);
      return { status: 'ready', url: signedUrl(api, c, file, `${sessionId}.json`, api.clock.now() + signatureLivesMs) };
    } catch (thrown) {
      underway.delete(sessionId);
      return { status: 'failed', error: `The trace cannot be written: ${withoutPlaces(messageOf(thrown))}` };
    }
  });
}
