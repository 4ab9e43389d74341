import type { ServiceClientOptions } from '../../src/config.js';
import type { SamplingClient } from '../../src/sampling-client.js';
import type { SampleInput } from '../../src/sampling/sampling-input.js';
import type { CreateSamplingClientOptions } from '../../src/sampling/sampling-options.js';
import { scriptedService, type ScriptedService } from './clients.js';
import { settle } from './simulated.js';

/** A sampling client of a scripted server, in simulated time. */
export interface ScriptedSampling extends ScriptedService {
  readonly sampling: SamplingClient;
  /** Lets exactly this much time pass, and then everything run that does not wait for the clock. */
  readonly pass: (ms: number) => Promise<void>;
  /** The numbers under which samples were asked for, in order of arrival. */
  readonly seqIds: () => unknown[];
}

export async function scriptedSampling({
  config = {},
  service: options = {},
  client = {},
}: {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly service?: Partial<ServiceClientOptions>;
  readonly client?: CreateSamplingClientOptions;
} = {}): Promise<ScriptedSampling> {
  const scripted = scriptedService(options, config);
  const sampling = await scripted.service.createSamplingClient({ baseModel: 'base', ...client });
  return {
    ...scripted,
    sampling,
    pass: async (ms) => {
      scripted.environment.clock.increment(ms);
      await settle();
    },
    seqIds: () => scripted.server.to('asample').map(({ body }) => body['seq_id']),
  };
}

/** A small thing to sample. */
export const input: SampleInput = { prompt: [1, 2], samplingParams: { maxTokens: 4 } };
