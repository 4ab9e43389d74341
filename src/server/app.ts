import { Hono } from 'hono';
import { version } from '../types/version.js';
import { addDownloadRoutes } from './archives/archive-download.js';
import { addAuditRoutes } from './audit/audit-routes.js';
import { requireCredential, requireOwnName } from './auth.js';
import { addBillingRoutes } from './usage/billing-routes.js';
import { addStorageRoutes } from './usage/storage-routes.js';
import { addCheckpointAdminRoutes } from './checkpoints/checkpoint-admin-routes.js';
import { addCheckpointRoutes } from './checkpoints/checkpoint-routes.js';
import { injectFaults } from './faults/fault-responses.js';
import { routeOf } from './faults/faults.js';
import { addFutureRoutes } from './futures/future-routes.js';
import { errorResponse, responseFor } from './http-error.js';
import type { LocalApi } from './local-api.js';
import { addLocalRoutes } from './local-routes.js';
import { isLoopback } from './loopback.js';
import { addNotServed } from './not-served.js';
import { addModelRoutes } from './training/model-routes.js';
import type { ServerEnv } from './context.js';
import { noteRefusals, type ServerApp } from './routing.js';
import { addRunRoutes } from './runs/run-routes.js';
import { addSamplerRoutes } from './sampling/sampler-routes.js';
import { addSamplingRoutes } from './sampling/sampling-routes.js';
import { addServiceRoutes } from './service-routes.js';
import { addSessionRoutes } from './sessions/session-routes.js';
import { addTelemetryRoutes } from './telemetry-routes.js';
import { addTokenizerRoutes } from './tokenizers/tokenizer-routes.js';
import { addTraceRoutes } from './traces/trace-routes.js';
import { addTrainingRoutes } from './training/training-routes.js';

const welcome =
  `tinkerjs ${version}: the Tinker training API, under /api/v1 at this address. ` +
  'Point a client at it with TINKER_BASE_URL and TINKER_API_KEY; docs: the README of tinkerjs, and https://thinkingmachines.ai/tinker/.\n';

/** The endpoints of the local server, without a socket: a request goes in, a response comes out. */
export function createApp(api: LocalApi): ServerApp {
  const { options, clock, faults, ledger, runs } = api;
  const app = new Hono<ServerEnv>();
  app.onError((thrown) => responseFor(thrown, options.log));
  app.notFound(() => errorResponse(404, 'Not Found'));

  app.use(async (c, next) => {
    ledger.received(routeOf(c));
    c.set('maxBodyBytes', options.maxBodyBytes);
    c.set('jsonOnly', options.jsonOnly);
    const began = clock.now();
    await next();
    if (options.verbose) options.log(`${c.req.method} ${c.req.path} ${c.res.status} ${clock.now() - began} ms`);
  });
  if (isLoopback(options.host)) app.use(requireOwnName(options.allowedHosts));
  app.use(requireCredential(api.apiKey, api.tokens));
  app.use(noteRefusals(runs));
  app.use(injectFaults(faults, clock));

  app.get('/', (c) => c.text(welcome));
  addServiceRoutes(app, api);
  addTelemetryRoutes(app);
  addTokenizerRoutes(app, api);
  addModelRoutes(app, api);
  addTrainingRoutes(app, api);
  addCheckpointRoutes(app, api);
  addSamplerRoutes(app, api);
  addSamplingRoutes(app, api);
  addCheckpointAdminRoutes(app, api);
  addDownloadRoutes(app, api);
  addRunRoutes(app, api);
  addSessionRoutes(app, api);
  addTraceRoutes(app, api);
  addBillingRoutes(app, api);
  addStorageRoutes(app, api);
  addAuditRoutes(app, api);
  addFutureRoutes(app, api);
  addNotServed(app);
  if (options.faults) addLocalRoutes(app, api);
  return app;
}
