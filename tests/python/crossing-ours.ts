import { ModelInput, type Datum, type SampledSequence, type ServiceClient, type TrainingClient } from '../../src/index.js';

// The same model, data and rate as in programs/crossing_common.py.
const learningRate = 0.01;

export const model = (service: ServiceClient): Promise<TrainingClient> =>
  service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 4, seed: 7 });

const tokensOf = (step: number, row: number) => Array.from({ length: 17 }, (_, place) => (step * 31 + row * 17 + place * 7) % 256);

/** Two datums that depend on the step alone. */
export function batch(step: number): Datum[] {
  return [tokensOf(step, 0), tokensOf(step, 1)].map((tokens) => ({
    modelInput: ModelInput.fromInts(tokens.slice(0, -1)),
    lossFnInputs: { target_tokens: tokens.slice(1), weights: new Float32Array(16).fill(1) },
  }));
}

/** The losses of the steps, in order; both operations of a step are submitted before either is awaited. */
export async function train(client: TrainingClient, first: number, last: number): Promise<(number | undefined)[]> {
  const losses: (number | undefined)[] = [];
  for (let step = first; step <= last; step += 1) {
    const passed = client.forwardBackward(batch(step), 'cross_entropy');
    const stepped = client.optimStep({ learningRate });
    losses.push((await passed).metrics['loss:sum']);
    await stepped;
  }
  return losses;
}

/** What is compared of a sample. */
export interface Sample {
  readonly tokens: readonly number[];
  readonly logprobs: readonly number[];
}

export async function sampled(service: ServiceClient, modelPath: string): Promise<Sample[]> {
  const sampler = await service.createSamplingClient({ modelPath });
  const prompt = ModelInput.fromInts(tokensOf(1, 0).slice(0, -1));
  const { sequences } = await sampler.sample({ prompt, numSamples: 2, samplingParams: { maxTokens: 12, seed: 3, temperature: 1 } });
  return sequences.map(({ tokens, logprobs }: SampledSequence) => ({ tokens: Array.from(tokens), logprobs: Array.from(logprobs ?? []) }));
}
