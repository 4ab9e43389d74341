/**
 * Reinforcement learning: sample, reward, and train on the samples with `importance_sampling`. The reward is
 * the share of lower-case letters in what the model writes, so it is seen to rise from chance to nearly 1.
 *
 *   node examples/reinforcement-learning.mjs
 */
import { ModelInput } from 'tinkerjs';
import { connect } from './connect.mjs';

const rounds = 16;
const group = 32;
const maxTokens = 12;
const learningRate = 0.015;

/** @param {Int32Array} tokens */
function reward(tokens) {
  const letters = tokens.filter((token) => token >= 97 && token <= 122).length;
  return letters / Math.max(1, tokens.length);
}

const { service, baseModel, close } = await connect();
try {
  const training = await service.createLoraTrainingClient({ baseModel, rank: 16, seed: 1 });
  const tokenizer = await training.getTokenizer();
  const prompt = tokenizer.encode('Write letters: ');

  for (let round = 1; round <= rounds; round += 1) {
    // The sampler holds the weights of this very moment.
    const sampler = await training.saveWeightsAndGetSamplingClient();
    const { sequences } = await sampler.sample({ prompt, numSamples: group, samplingParams: { maxTokens, seed: round } });
    sampler.close();

    const rewards = sequences.map(({ tokens }) => reward(tokens));
    const mean = rewards.reduce((sum, each) => sum + each, 0) / group;
    const spread = Math.sqrt(rewards.reduce((sum, each) => sum + (each - mean) ** 2, 0) / group) + 1e-6;

    // How a sample did against its group tells every one of its tokens what it is worth.
    const data = sequences.map(({ tokens, logprobs }, at) => {
      const before = prompt.slice(1).map(() => 0);
      const advantage = ((rewards[at] ?? mean) - mean) / spread / (group * maxTokens);
      return {
        modelInput: ModelInput.fromInts([...prompt, ...tokens.slice(0, -1)]),
        lossFnInputs: {
          target_tokens: [...prompt.slice(1), ...tokens],
          logprobs: [...before, ...(logprobs ?? [])],
          advantages: [...before, ...Array.from(tokens, () => advantage)],
        },
      };
    });
    await training.step(data, 'importance_sampling', { learningRate });

    const written = tokenizer.decode(sequences[0]?.tokens ?? [], { skipSpecialTokens: true });
    console.log(`round ${String(round).padStart(2)}  reward ${mean.toFixed(3)} ${'█'.repeat(Math.round(mean * 40)).padEnd(40, '·')} ${JSON.stringify(written)}`);
  }
} finally {
  await close();
}
