import * as t from 'io-ts';
import { authToken, clientConfig, createSession, dynamicConfig, getServerCapabilities, healthz, sessionHeartbeat } from '../api/service.js';
import { Integer } from '../types/ids.js';
import { field, message } from '../types/message.js';
import { CreateSessionResponse, Health, ServerCapabilities } from '../types/service.js';
import { jsonResponse } from './http-error.js';
import type { LocalApi } from './local-api.js';
import { answer, type ServerApp } from './routing.js';

const shownSkips = 20;

/** Newer official clients ask for the end of samples that nobody waits for only where they are told to. */
const LocalDynamicConfig = message('LocalDynamicConfig', {
  refreshIntervalSec: field('refresh_interval_sec', Integer),
  sampleCancelEnabled: field('sample_cancel_enabled', t.boolean),
});

/** Health, settings, tokens, capabilities and sessions (wire protocol §2.1, §2.2). */
export function addServiceRoutes(app: ServerApp, api: LocalApi): void {
  app.get(healthz.path, () => jsonResponse({ ...Health.encode({ status: 'ok' }), local: localHealth(api) }));

  answer(app, clientConfig, () => api.options.clientConfig);
  answer(app, { ...dynamicConfig, response: LocalDynamicConfig }, () => ({ refreshIntervalSec: api.options.configRefreshSeconds, sampleCancelEnabled: true }));
  const { tokens } = api;
  if (tokens !== undefined) answer(app, authToken, async () => ({ jwt: await tokens.issue() }));

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
