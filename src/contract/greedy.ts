import type { SamplingClient } from '../sampling-client.js';
import type { SamplingSettings } from '../sampling/sampling-input.js';
import type { SampledSequence } from '../types/sampling.js';
import type { WaitOptions } from '../calls/wait.js';
import { TinkerError } from '../types/errors.js';
import { prompt } from './data.js';

/** How many tokens are drawn. */
export const drawn = 8;

/** One sequence, of the likeliest tokens unless the settings say otherwise. */
export async function greedy(sampler: SamplingClient, limits: WaitOptions, settings: SamplingSettings = {}): Promise<SampledSequence> {
  const samplingParams = { maxTokens: drawn, temperature: 0, ...settings };
  const { sequences } = await sampler.sample({ prompt: prompt(), samplingParams }, limits);
  const [sequence] = sequences;
  if (sequence === undefined) throw new TinkerError('malformedResponse', 'the server gave no sequence');
  return sequence;
}
