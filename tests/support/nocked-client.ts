import { expect } from '@jest/globals';
import { ServiceClient, TinkerError, type ServiceClientOptions, type TrainingClient } from '../../src/index.js';
import { NockApi } from './nock-api.js';
import { PacedTime } from './paced-time.js';

/** A client whose requests meet nock, in simulated time. */
export interface NockedClient {
  readonly api: NockApi;
  readonly time: PacedTime;
  readonly service: ServiceClient;
  /** What went to `onError`. */
  readonly unobserved: readonly TinkerError[];
  /** A training client of the model `S:train:0`. */
  createTraining(): Promise<TrainingClient>;
  /** Closes the service; nothing of it may be left, and no answer unused. */
  close(): Promise<void>;
}

export const modelId = 'S:train:0';

export function nockedClient(options: Partial<ServiceClientOptions> = {}, config: Readonly<Record<string, unknown>> = {}): NockedClient {
  const api = new NockApi().openSession(config);
  const time = new PacedTime();
  const unobserved: TinkerError[] = [];
  const service = new ServiceClient({
    baseUrl: NockApi.url,
    apiKey: NockApi.apiKey,
    environment: time.environment,
    fetch: time.fetch,
    encoding: 'json',
    onError: (error) => unobserved.push(error),
    onQueueState: () => undefined,
    ...options,
  });
  return {
    api,
    time,
    service,
    unobserved,
    createTraining: async () => {
      api.accept('create_model', { model_id: modelId });
      return await time.until(service.createLoraTrainingClient({ baseModel: 'meta-llama/Llama-3.2-1B' }));
    },
    close: async () => {
      await service.close();
      await time.pass(0);
      const unused = api.unused;
      api.close();
      expect({ timers: time.timers, open: time.open, unobserved, unused }).toEqual({ timers: 0, open: 0, unobserved: [], unused: [] });
    },
  };
}

/** What a promise rejects with, which must be ours. */
export async function tinkerErrorOf(promise: PromiseLike<unknown>): Promise<TinkerError> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (thrown instanceof TinkerError) return thrown;
  throw new Error(`expected a TinkerError, got ${String(thrown)}`);
}
