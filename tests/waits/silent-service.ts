import { ServiceClient, type ServiceClientOptions } from '../../src/index.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { simulatedEnvironment, type SimulatedEnvironment } from '../support/simulated.js';

/** A client of a server that can stop to answer, in simulated time. */
export interface SilentService {
  readonly server: ScriptedServer;
  readonly environment: SimulatedEnvironment;
  readonly service: ServiceClient;
  /** From now on nothing is answered, or nothing of some endpoints. */
  readonly fallSilent: (endpoint?: RegExp) => void;
  /** How many requests were made of which the server says nothing. */
  readonly unanswered: () => number;
}

export function silentService(options: Partial<ServiceClientOptions> = {}): SilentService {
  const server = new ScriptedServer();
  const environment = simulatedEnvironment();
  let silent: RegExp | undefined;
  let unanswered = 0;
  const fetch: typeof globalThis.fetch = (input, init) => {
    const request = new Request(input, init);
    if (silent?.test(request.url) !== true) return server.fetch(request);
    unanswered += 1;
    return new Promise((_, reject) => {
      request.signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')), { once: true });
    });
  };
  const service = new ServiceClient({
    baseUrl: 'http://scripted.test',
    apiKey: 'tml-secret-key',
    fetch,
    environment,
    encoding: 'json',
    onError: () => undefined,
    onQueueState: () => undefined,
    onSessionAtRisk: () => undefined,
    ...options,
  });
  return { server, environment, service, unanswered: () => unanswered, fallSilent: (endpoint = /./) => void (silent = endpoint) };
}
