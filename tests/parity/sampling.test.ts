import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { SamplingClient, ServiceClient } from '../../src/index.js';
import { liveService } from '../support/live-training.js';
import { startServerProcess, type ServerProcess } from '../support/local-server.js';

jest.setTimeout(120_000);

let server: ServerProcess;
let service: ServiceClient;
let sampler: SamplingClient;
beforeAll(async () => {
  server = await startServerProcess();
  service = liveService(server);
  sampler = await service.createSamplingClient({ baseModel: 'local/tiny' });
});
afterAll(async () => {
  await service.close();
  await server.close();
});

const prompt = [...Buffer.from('Once upon a time')];

describe('SamplingClient', () => {
  it('sample', async () => {
    const greedy = { prompt, numSamples: 2, samplingParams: { maxTokens: 8, temperature: 0 } };
    const { sequences, promptLogprobs, topkPromptLogprobs } = await sampler.sample(greedy);
    expect(sequences).toHaveLength(2);
    expect(sequences[1]).toEqual(sequences[0]);
    expect([promptLogprobs, topkPromptLogprobs]).toEqual([undefined, undefined]);
    // What greedy sampling says of a token is what a forward pass says of it.
    const [best] = sequences;
    const all = await sampler.computeLogprobs([...prompt, ...(best?.tokens ?? [])]);
    best?.logprobs?.forEach((logprob, at) => expect(all[prompt.length + at]).toBeCloseTo(logprob, 4));
  });

  it('SampleResponse: log-probabilities of the prompt, the likeliest tokens at every place', async () => {
    const { promptLogprobs, topkPromptLogprobs, promptCacheHitTokens } = await sampler.sample({
      prompt,
      samplingParams: { maxTokens: 1 },
      includePromptLogprobs: true,
      topkPromptLogprobs: 3,
    });
    expect(promptLogprobs).toHaveLength(prompt.length);
    expect(promptLogprobs?.[0]).toBeNull();
    expect(topkPromptLogprobs?.map((row) => row?.length ?? null)).toEqual([null, ...prompt.slice(1).map(() => 3)]);
    topkPromptLogprobs?.slice(1).forEach((row, at) => {
      const own = row?.find(({ token }) => token === prompt[at + 1]);
      if (own !== undefined) expect(own.logprob).toBeCloseTo(promptLogprobs?.[at + 1] ?? Number.NaN, 5);
    });
    expect(promptCacheHitTokens).toEqual(expect.any(Number));
  });

  it('SampledSequence: as many log-probabilities as tokens, none above 0', async () => {
    const { sequences } = await sampler.sample({ prompt, numSamples: 3, samplingParams: { maxTokens: 5, seed: 11n } });
    for (const { tokens, logprobs } of sequences) {
      expect(tokens).toBeInstanceOf(Int32Array);
      expect(logprobs).toHaveLength(tokens.length);
      expect(Math.max(...(logprobs ?? []))).toBeLessThanOrEqual(0);
    }
  });

  it('SamplingParams: the same 64-bit seed gives the same tokens, and its neighbour others', async () => {
    const tokensOf = async (seed: bigint) => {
      const { sequences } = await sampler.sample({ prompt, samplingParams: { maxTokens: 24, seed, topK: 200, topP: 0.99 } });
      return [...(sequences[0]?.tokens ?? [])];
    };
    const seed = 2n ** 62n + 1n;
    const first = await tokensOf(seed);
    expect(await tokensOf(seed)).toEqual(first);
    expect(await tokensOf(seed + 1n)).not.toEqual(first);
  });

  it('StopReason: length at the limit, stop at a stop token', async () => {
    const { sequences: [free] } = await sampler.sample({ prompt, samplingParams: { maxTokens: 6, seed: 1, temperature: 1 } });
    const stopAt = free?.tokens[2] ?? 0;
    const first = free?.tokens.indexOf(stopAt) ?? -1;
    const { sequences: [stopped] } = await sampler.sample({ prompt, samplingParams: { maxTokens: 6, seed: 1, temperature: 1, stop: [stopAt] } });
    expect(free?.stopReason).toBe('length');
    expect([stopped?.stopReason, [...(stopped?.tokens ?? [])]]).toEqual(['stop', [...(free?.tokens.subarray(0, first + 1) ?? [])]]);
  });

  it('compute_logprobs', async () => {
    const logprobs = await sampler.computeLogprobs(prompt);
    expect(logprobs).toHaveLength(prompt.length);
    expect(logprobs[0]).toBeNull();
    expect(logprobs.slice(1).every((logprob) => logprob !== null && logprob < 0)).toBe(true);
  });

  it('get_base_model', async () => {
    expect(await sampler.getBaseModel()).toBe('local/tiny');
  });

  it('get_tokenizer', async () => {
    const tokenizer = await sampler.getTokenizer();
    expect(tokenizer.decode(prompt)).toBe('Once upon a time');
  });
});
