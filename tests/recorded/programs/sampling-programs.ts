import { ModelInput, type SampleInput } from '../../../src/index.js';
import { smallClient, type Program } from './program.js';

const sampling: Program = {
  name: 'sampling',
  run: async ({ open }) => {
    const sampler = await open().createSamplingClient({ baseModel: 'local/tiny' });
    const prompt = ModelInput.fromInts([...Buffer.from('To be, or not')]);
    const sample = async (samplingParams: SampleInput['samplingParams'], more: Partial<SampleInput> = {}) => {
      await sampler.sample({ prompt, samplingParams, ...more });
    };
    await sample({ maxTokens: 1 });
    await sample({ maxTokens: 4, seed: 7, stop: ['x', '\n'], temperature: 0.7, topK: 5, topP: 0.9 }, { numSamples: 2 });
    await sample({ maxTokens: 2, seed: 7, stop: [120, 10], temperature: 0 });
    await sample({ maxTokens: 2, seed: 7, stop: 'x' });
    await sample({ maxTokens: 1, seed: 7 }, { includePromptLogprobs: true });
    await sample({ maxTokens: 1, seed: 7 }, { includePromptLogprobs: true, topkPromptLogprobs: 3 });
    await sampler.computeLogprobs(prompt);
  },
};

const atOnce: Program = {
  name: 'sampling-at-once',
  python: 'at_once',
  order: 'numbered',
  run: async ({ open }) => {
    const sampler = await open().createSamplingClient({ baseModel: 'local/tiny' });
    const tokens = [1, 2, 3, 4, 5, 6, 7, 8];
    await Promise.all(tokens.map((token) => sampler.sample({ prompt: [token], samplingParams: { maxTokens: 1, seed: token } })));
  },
};

const seeds: Program = {
  name: 'seeds',
  run: async ({ open }) => {
    const service = open();
    await smallClient(service, 2n ** 53n + 1n);
    const sampler = await service.createSamplingClient({ baseModel: 'local/tiny' });
    for (const seed of [0, 2 ** 53 - 1, 2n ** 53n + 1n, 2n ** 64n - 1n]) {
      await sampler.sample({ prompt: [1, 2, 3], samplingParams: { maxTokens: 1, seed } });
    }
  },
};

export const samplingPrograms: readonly Program[] = [sampling, atOnce, seeds];
