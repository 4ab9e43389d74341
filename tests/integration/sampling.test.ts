import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ModelInput } from '../../src/types/data.js';
import type { ServiceClient } from '../../src/service-client.js';
import type { TrainingClient } from '../../src/training-client.js';
import { rejection } from '../support/clients.js';
import { batch, liveService } from '../support/live-training.js';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';

const text = Array.from(Buffer.from('The quick brown fox jumps'));

/** Log-probability of each byte of the text but the first, as training sees it. */
async function trained(training: TrainingClient): Promise<number[]> {
  const modelInput = ModelInput.fromInts(text.slice(0, -1));
  const { lossFnOutputs } = await training.forward([{ modelInput, lossFnInputs: { target_tokens: text.slice(1) } }], 'cross_entropy');
  return lossFnOutputs[0]?.logprobs?.toNumbers() ?? [];
}

const rounded = (logprobs: readonly (number | null)[]) => logprobs.map((logprob) => logprob?.toFixed(3));

describe('sampling from a server that really trains', () => {
  let server: ServerProcess;
  let service: ServiceClient;
  let training: TrainingClient;

  beforeAll(async () => {
    server = await startServerProcess();
    service = liveService(server);
    training = await service.createLoraTrainingClient({ baseModel: 'local/tiny', rank: 4, seed: 3 });
  }, 60_000);
  afterAll(async () => {
    await service.close();
    await server.close();
  });

  it('samples the weights as they were when the save was called, whatever was called next', async () => {
    await training.step(batch(0), 'cross_entropy', { learningRate: 0.01 });
    const before = trained(training);
    const named = training.saveWeightsForSampler('moment');
    const unnamed = training.saveWeightsAndGetSamplingClient();
    const step = training.step(batch(1), 'cross_entropy', { learningRate: 0.01 });
    const after = trained(training);
    await step;
    const { path, optimStepsBefore } = await named;
    expect(optimStepsBefore).toBe(1);
    const samplers = [await service.createSamplingClient({ modelPath: path }), await unnamed];
    const expected = rounded(await before);
    expect(rounded(await after)).not.toEqual(expected);
    for (const sampler of samplers) {
      const [first, ...logprobs] = await sampler.computeLogprobs(text);
      expect(first).toBeNull();
      expect(rounded(logprobs)).toEqual(expected);
    }
  }, 60_000);

  it('draws the same from the same seed of 64 bits, and scores what it drew', async () => {
    const sampler = await training.saveWeightsAndGetSamplingClient();
    const draw = async (seed: bigint) =>
      sampler.sample({ prompt: text, numSamples: 2, samplingParams: { maxTokens: 8, seed, temperature: 1 }, topkPromptLogprobs: 2 });
    const [one, again, other] = await Promise.all([draw(2n ** 64n - 1n), draw(2n ** 64n - 1n), draw(2n ** 64n - 2n)]);
    expect(one).toEqual(again);
    expect(one.sequences).not.toEqual(other.sequences);
    expect(one.sequences.map(({ tokens, logprobs }) => [tokens.length, logprobs?.length])).toEqual([[8, 8], [8, 8]]);
    expect(one.sequences.map(({ stopReason }) => stopReason)).toEqual(['length', 'length']);
    expect(one.topkPromptLogprobs?.map((row) => row?.length)).toEqual([undefined, ...text.slice(1).map(() => 2)]);
    // What was drawn, read as a prompt, has the same log-probabilities.
    const [sequence] = one.sequences;
    const scored = await sampler.computeLogprobs([...text, ...(sequence?.tokens ?? [])]);
    expect(rounded(scored.slice(text.length))).toEqual(rounded([...(sequence?.logprobs ?? [])]));
  }, 60_000);

  it('stops where it is told to, and refuses what does not fit', async () => {
    const sampler = await service.createSamplingClient({ baseModel: 'local/tiny' });
    await expect(sampler.getSampler()).resolves.toEqual({ samplerId: sampler.samplingSessionId, baseModel: 'local/tiny' });
    const every = Array.from({ length: 256 }, (_, token) => token);
    const { sequences } = await sampler.sample({ prompt: text, samplingParams: { maxTokens: 4, stop: every, temperature: 0 } });
    expect(sequences).toMatchObject([{ stopReason: 'stop', tokens: { length: 1 } }]);
    expect(await rejection(sampler.sample({ prompt: [9_999_999], samplingParams: { maxTokens: 1 } }))).toMatchObject({ category: 'user' });
  }, 60_000);
});
