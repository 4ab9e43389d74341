import * as t from 'io-ts';
import { post } from '../api/route.js';
import { clientConfig, createSession, getServerCapabilities, healthz, sessionHeartbeat } from '../api/service.js';
import { ClientConfig, ClientConfigRequest, CreateSessionResponse, Health, ServerCapabilities } from '../types/service.js';
import { jsonResponse } from './http-error.js';
import type { LocalApi } from './local-api.js';
import { answer, answerRaw, type ServerApp } from './routing.js';

const dynamicConfig = post('/api/v1/client/dynamic_config', ClientConfigRequest, t.UnknownRecord);
const shownSkips = 20;

/** Health, settings, capabilities and sessions (wire protocol §2.1, §2.2). */
export function addServiceRoutes(app: ServerApp, api: LocalApi): void {
  app.get(healthz.path, () => jsonResponse({ ...Health.encode({ status: 'ok' }), local: localHealth(api) }));

  answerRaw(app, clientConfig, async () => {
    const config = ClientConfig.make({ createModelViaLoadWeights: api.options.createModelViaLoadWeights });
    // Keeps the official client on the transport that speaks plain HTTP/1.1.
    return Promise.resolve(jsonResponse({ ...ClientConfig.encode(config), use_pyqwest_transport: false }));
  });
  answer(app, dynamicConfig, () => ({}));

  app.get(getServerCapabilities.path, () => {
    const supportedModels = api.engine.baseModels().map(({ name, maxContextLength }) => ({ modelName: name, maxContextLength }));
    return jsonResponse(ServerCapabilities.encode({ supportedModels }));
  });

  answer(app, createSession, async ({ tags, userMetadata, sdkVersion, projectId }) => {
    const facts = { tags, userMetadata: { ...userMetadata }, sdkVersion };
    const sessionId = await api.sessions.open(projectId === undefined ? facts : { ...facts, projectId });
    return CreateSessionResponse.make({ sessionId });
  });
  answer(app, sessionHeartbeat, ({ sessionId }) => {
    api.sessions.touch(sessionId);
    return { type: 'session_heartbeat' };
  });
}

/** What an operator wants to see at a glance; clients ignore it. */
function localHealth({ runs, ledger }: LocalApi): Record<string, unknown> {
  const models = runs.all().filter((run) => run.queue !== undefined && run.record.ended === null);
  const skipped = ledger.report().skipped.slice(-shownSkips);
  return {
    models: models.map(({ record, queue }) => ({ model_id: record.modelId, open_operations: queue?.size ?? 0 })),
    skipped: skipped.map(({ modelId, seqId }) => ({ model_id: modelId, seq_id: seqId })),
  };
}
