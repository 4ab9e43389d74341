import { ModelInput, ServiceClient, type Datum, type ServiceClientOptions, type TrainingClient } from '../../src/index.js';
import { ScriptedServer } from './scripted-server.js';
import { simulatedEnvironment, type SimulatedEnvironment } from './simulated.js';

/** A client of a scripted server, in simulated time; its passes go out in JSON unless a test says otherwise. */
export interface ScriptedService {
  readonly server: ScriptedServer;
  readonly environment: SimulatedEnvironment;
  readonly service: ServiceClient;
  /** What went to `onError`. */
  readonly unobserved: unknown[];
}

export function scriptedService(
  options: Partial<ServiceClientOptions> = {},
  config: Readonly<Record<string, unknown>> = {},
): ScriptedService {
  const server = new ScriptedServer(config);
  const environment = simulatedEnvironment();
  const unobserved: unknown[] = [];
  const service = new ServiceClient({
    baseUrl: 'http://scripted.test',
    apiKey: 'tml-secret-key',
    fetch: server.fetch,
    environment,
    encoding: 'json',
    onError: (error) => unobserved.push(error),
    onQueueState: () => undefined,
    ...options,
  });
  return { server, environment, service, unobserved };
}

/** The same with one training client. */
export async function scriptedTraining(
  options: Partial<ServiceClientOptions> = {},
  config: Readonly<Record<string, unknown>> = {},
): Promise<ScriptedService & { readonly training: TrainingClient }> {
  const scripted = scriptedService(options, config);
  const training = await scripted.service.createLoraTrainingClient({ baseModel: 'base', rank: 8 });
  return { ...scripted, training };
}

/** A datum of the given tokens that predicts each next one. */
export function datum(tokens: readonly number[] = [1, 2, 3]): Datum {
  return {
    modelInput: ModelInput.fromInts(tokens.slice(0, -1)),
    lossFnInputs: { target_tokens: tokens.slice(1), weights: tokens.slice(1).map(() => 1) },
  };
}

/** What a promise rejects with. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (thrown) {
    return thrown;
  }
  throw new Error('expected a rejection');
}
