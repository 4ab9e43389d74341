import { afterEach } from '@jest/globals';
import type { RestClient } from '../../src/rest-client.js';
import { scriptedService, type ScriptedService } from './clients.js';
import { json } from './scripted-server.js';
import { advanceUntil } from './simulated.js';

/** A REST client of a scripted server, in simulated time. */
export interface ScriptedRest extends ScriptedService {
  readonly rest: RestClient;
  /** The outcome of a call, with the clock moved as far as it needs. */
  readonly settled: <A>(call: PromiseLike<A>) => Promise<A>;
  /** The requests so far, as `METHOD path?query body`. */
  readonly asked: () => string[];
  /** Scripts one answer of each kind of number or object to an endpoint: a status, or a body. */
  readonly answers: (endpoint: string, ...replies: readonly unknown[]) => void;
}

const open: ScriptedService[] = [];
afterEach(async () => {
  for (const { service } of open.splice(0)) await service.close();
});

export function scriptedRest(...options: Parameters<typeof scriptedService>): ScriptedRest {
  const scripted = scriptedService(...options);
  open.push(scripted);
  const { server, environment } = scripted;
  return {
    ...scripted,
    rest: scripted.service.createRestClient(),
    settled: (call) => advanceUntil(environment, call),
    asked: () =>
      server.requests.filter(({ path }) => !startUp.test(path)).map(({ method, path, search, text }) => `${method} ${path}${search}${text === '' ? '' : ` ${text}`}`),
    answers: (endpoint, ...replies) => {
      for (const reply of replies) server.next(endpoint, () => (typeof reply === 'number' ? new Response(null, { status: reply }) : json(reply)));
    },
  };
}

const startUp = /\/(client\/config|create_session|session_heartbeat|dynamic_config|telemetry|auth\/token)$/;
