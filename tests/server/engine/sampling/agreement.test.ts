import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { sampleJob } from '../../../../src/server/engine/sampling/sample-job.js';
import { SamplerStore } from '../../../../src/server/engine/sampling/sampler-store.js';
import type { SampleOutput, SamplerWeights, SampleWork } from '../../../../src/server/engine/sampling/sampling.js';
import { Scheduler } from '../../../../src/server/engine/sampling/scheduler.js';
import { TOY, TOY_LORA, TOY_TIED } from '../toy.js';
import { trained, WORK, type Trained } from './trained.js';

const scheduler = new Scheduler();

describe.each([
  ['an untied unembedding', TOY, TOY_LORA],
  ['a tied unembedding', TOY_TIED, TOY_LORA],
  ['adapters on attention only', TOY, { ...TOY_LORA, trainMlp: false, trainUnembed: false }],
])('sampling after training, with %s', (_, config, lora) => {
  let model: Trained;
  let store: SamplerStore;

  beforeAll(async () => {
    model = await trained(config, lora);
    store = new SamplerStore([config]);
  });

  afterAll(async () => {
    await rm(model.root, { recursive: true });
  });

  async function sample(work: Partial<SampleWork>, weights: SamplerWeights = model.weights): Promise<SampleOutput> {
    const loaded = await store.load(weights);
    return await scheduler.run(loaded.model, sampleJob(loaded.model, loaded.prompts, { ...WORK, ...work }));
  }

  /** What a forward pass says about every token after the first. */
  function forward(tokens: Int32Array): number[] {
    const datum = { tokens: tokens.slice(0, -1), targetTokens: tokens.slice(1), weights: new Float32Array(tokens.length - 1) };
    return [...(model.trainer.forward('a', [datum], 'cross_entropy').logprobs[0] ?? [])];
  }

  function worst(actual: ArrayLike<number>, expected: readonly number[]): number {
    expect(actual).toHaveLength(expected.length);
    return Array.from(actual).reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? Number.NaN))), 0);
  }

  it.each([{}, { temperature: 0.3 }, { topK: 3 }, { topP: 0.5 }])('gives the log-probabilities of a forward pass with %j', async (rules) => {
    const { sequences } = await sample({ ...rules, numSamples: 5, maxTokens: 40 });
    for (const { tokens, logprobs } of sequences) {
      expect(tokens).toHaveLength(40);
      expect(worst(logprobs, forward(Int32Array.of(...WORK.prompt, ...tokens)).slice(WORK.prompt.length - 1))).toBeLessThan(1e-4);
    }
  });

  it('gives the log-probabilities of a forward pass for the prompt', async () => {
    const prompt = Int32Array.from({ length: 50 }, (_unused, i) => (i * i + 3) % config.vocabSize);
    const { promptLogprobs = [] } = await sample({ prompt, promptLogprobs: true });
    expect(promptLogprobs[0]).toBeNaN();
    expect(worst(Array.from(promptLogprobs).slice(1), forward(prompt))).toBeLessThan(1e-4);
  });

  it('takes the tokens that a forward pass finds likeliest at temperature 0', async () => {
    const { sequences } = await sample({ temperature: 0 });
    const tokens = [...WORK.prompt];
    for (const token of sequences[0]?.tokens ?? []) {
      const scores = Array.from({ length: config.vocabSize }, (_unused, next) => forward(Int32Array.of(...tokens, next)).at(-1) ?? Number.NaN);
      expect(token).toBe(scores.indexOf(Math.max(...scores)));
      tokens.push(token);
    }
    expect(tokens).toHaveLength(16);
  });

  it('gives what the base model gives when there is no adapter', async () => {
    const [own, base] = [await sample({ temperature: 0 }), await sample({ temperature: 0 }, { baseModel: config.name, adapter: undefined })];
    expect(base.sequences).not.toEqual(own.sequences);
    expect(base.sequences[0]?.logprobs).not.toEqual(own.sequences[0]?.logprobs);
  });
});
