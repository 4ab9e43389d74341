import type { TrainingClient } from '../../training-client.js';
import { ModelInput } from '../../types/data.js';
import type { Workbench } from '../workbench.js';
import { checksOf } from '../check.js';
import { logprobsOf, prompt } from '../data.js';
import { drawn, greedy } from '../greedy.js';
import { differs, failed, supported, unlessRefused, type Verdict } from '../verdict.js';

const { check, required } = checksOf('samples');

/** Every model comes to one of them soon, whatever its tokenizer. */
const common = Array.from('etaoinshrdlucmfwypvbgkqjxzETAOINSHRDLUCMFWYPVBGKQJXZ 0123456789');
const tolerance = 0.05;

/** Drawing samples (wire protocol §2.6). */
export const sampleChecks = [
  required('sample', async ({ sampler, limits }) => {
    const { tokens, stopReason } = await greedy(await sampler.get(), limits);
    const isWhole = tokens.length === drawn || stopReason === 'stop';
    return isWhole ? supported() : failed(`${tokens.length} of ${drawn} tokens, ended by ${stopReason}`);
  }),
  check('several sequences', async ({ sampler, limits }) => {
    const { sequences } = await (await sampler.get()).sample({ prompt: prompt(), numSamples: 3, samplingParams: { maxTokens: drawn } }, limits);
    const kinds = new Set(sequences.map(({ tokens }) => tokens.join())).size;
    return sequences.length === 3 ? supported(`${kinds} different of 3`) : failed(`${sequences.length} of 3`);
  }),
  check('many at once', async ({ sampler, limits }) => {
    const client = await sampler.get();
    const all = await Promise.all(Array.from({ length: 16 }, () => greedy(client, limits)));
    return all.length === 16 ? supported('16') : failed(`${all.length} of 16`);
  }),
  check('seed', async (bench) => {
    const [first, same, other] = [await hot(bench, 1), await hot(bench, 1), await hot(bench, 2)];
    if (first !== same) return differs('one seed gives different samples');
    return first === other ? differs('two seeds give one sample') : supported();
  }),
  check('temperature 0, top_k 1, a small top_p', async ({ sampler, limits }) => {
    const client = await sampler.get();
    const expected = (await greedy(client, limits)).tokens.join();
    const ways = { 'temperature 0': { temperature: 0 }, 'top_k 1': { temperature: 1, topK: 1 }, 'top_p 0.001': { temperature: 1, topP: 0.001 } };
    const wrong: string[] = [];
    for (const [name, settings] of Object.entries(ways)) {
      if ((await greedy(client, limits, settings)).tokens.join() !== expected) wrong.push(name);
    }
    return wrong.length === 0 ? supported('all take the likeliest token') : differs(`${wrong.join(' and ')} does not take the likeliest token`);
  }),
  check('stop at tokens', async ({ sampler, limits }) => {
    const client = await sampler.get();
    const [, , third = 0] = (await greedy(client, limits)).tokens;
    const { tokens, stopReason } = await greedy(client, limits, { stop: [third] });
    if (stopReason !== 'stop') return differs(`goes on after a stop token, until ${stopReason}`);
    return tokens.at(-1) === third ? supported('the stop token is the last one') : differs('the stop token is left out');
  }),
  check('stop at texts', async ({ sampler, limits }) => {
    const { tokens, stopReason } = await greedy(await sampler.get(), limits, { temperature: 1, maxTokens: 64, stop: common });
    return stopReason === 'stop' ? supported(`after ${tokens.length} token(s)`) : differs(`goes on through every letter, until ${stopReason}`);
  }),
  check('log-probabilities of samples', agreement),
  check('log-probabilities of a prompt', async ({ sampler, limits }) => {
    const logprobs = await (await sampler.get()).computeLogprobs(prompt(), limits);
    const [first] = logprobs;
    if (logprobs.length === prompt().length) return first === null ? supported() : differs('the first token has one');
    return differs(`${logprobs.length} for ${prompt().length} tokens: the first, which has none, is left out`);
  }),
  check('likeliest tokens of a prompt', async ({ sampler, limits }) => {
    const input = { prompt: prompt(), samplingParams: { maxTokens: 1 }, topkPromptLogprobs: 3 };
    return unlessRefused(async () => {
      const { topkPromptLogprobs } = await (await sampler.get()).sample(input, limits);
      return topkPromptLogprobs === undefined ? differs('asked for, and left out') : supported(`${topkPromptLogprobs.length} for ${prompt().length} tokens`);
    });
  }),
];

async function hot({ sampler, limits }: Workbench, seed: number): Promise<string> {
  return (await greedy(await sampler.get(), limits, { temperature: 1, seed })).tokens.join();
}

/** Samples and passes must see one model: what reinforcement learning compares is their ratio. */
async function agreement(bench: Workbench): Promise<Verdict> {
  const training: TrainingClient = await bench.training.get();
  const sampler = await training.saveWeightsAndGetSamplingClient(bench.limits);
  const { tokens, logprobs } = await greedy(sampler, bench.limits, { temperature: 1 });
  if (logprobs === undefined) return differs('none: importance ratios cannot be worked out');
  const all = [...prompt(), ...tokens];
  const whole = { modelInput: ModelInput.fromInts(all.slice(0, -1)), lossFnInputs: { target_tokens: all.slice(1), weights: all.slice(1).map(() => 1) } };
  const [expected = []] = logprobsOf(await training.forward([whole], 'cross_entropy', undefined, bench.limits));
  const worst = Math.max(...Array.from(logprobs, (logprob, index) => Math.abs(logprob - (expected[prompt().length - 1 + index] ?? Infinity))));
  return worst < tolerance ? supported(`those of a pass, within ${worst.toPrecision(1)}`) : differs(`up to ${worst.toPrecision(2)} off those of a pass`);
}
