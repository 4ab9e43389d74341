import { describe, expect, it } from '@jest/globals';
import type { SampleResponse, SamplingClient, SamplingSettings } from '../../src/index.js';
import { liveService } from '../support/live-training.js';
import { withLocalServer, type ServerProcess } from '../support/local-server.js';
import { runPython } from './support/run-python.js';
import { createOf, dataOf, planFile, planOf, type Plan } from './support/twin.js';
import { sdks } from './support/versions.js';

interface Case {
  readonly numSamples: number;
  readonly params: SamplingSettings;
  readonly promptLogprobs: boolean;
  readonly topk: number;
}

const cases: readonly Case[] = [
  { numSamples: 1, params: { maxTokens: 12, temperature: 0 }, promptLogprobs: false, topk: 0 },
  { numSamples: 3, params: { maxTokens: 8, temperature: 1, seed: 11 }, promptLogprobs: true, topk: 0 },
  { numSamples: 2, params: { maxTokens: 16, temperature: 0.75, topK: 20, topP: 0.875, seed: 2 ** 40 + 1 }, promptLogprobs: true, topk: 5 },
  { numSamples: 1, params: { maxTokens: 32, temperature: 1, seed: 5, stop: [101, 32] }, promptLogprobs: false, topk: 3 },
  { numSamples: 1, params: { maxTokens: 32, temperature: 1, seed: 5, stop: ['e'] }, promptLogprobs: false, topk: 0 },
];
const prompt = [...Buffer.from('The quick brown fox')];

function sampledOf({ sequences, promptLogprobs, topkPromptLogprobs }: SampleResponse): object {
  return {
    sequences: sequences.map(({ stopReason, tokens, logprobs }) => ({ stop: stopReason, tokens: [...tokens], logprobs: [...(logprobs ?? [])] })),
    prompt: promptLogprobs ?? null,
    topk: topkPromptLogprobs?.map((row) => row?.map(({ token, logprob }) => [token, logprob]) ?? null) ?? null,
  };
}

async function allOf(client: SamplingClient): Promise<object[]> {
  const operations = cases.map(({ numSamples, params, promptLogprobs, topk }) =>
    client.sample({ prompt, numSamples, samplingParams: params, includePromptLogprobs: promptLogprobs, topkPromptLogprobs: topk }),
  );
  return (await Promise.all(operations)).map(sampledOf);
}

/** What `sdk_sampling.py` writes, as our client comes to it. */
async function sampledWithOurs(server: ServerProcess, plan: Plan): Promise<object[]> {
  const service = liveService(server);
  const training = await createOf(service, plan);
  for (const batch of plan.batches) {
    await training.forwardBackward(dataOf(batch), plan.loss);
    await training.optimStep(plan.adam);
  }
  const sampler = await training.saveWeightsAndGetSamplingClient();
  const results = await allOf(sampler);
  const logprobs = await sampler.computeLogprobs(prompt);
  const base = await service.createSamplingClient({ baseModel: plan.model });
  const ofBase = { results: await allOf(base), logprobs: await base.computeLogprobs(prompt) };
  await service.close();
  return [
    { what: 'named checkpoint', results },
    { what: 'compute_logprobs', results: logprobs },
    { what: 'base model of it', results: plan.model },
    { what: 'save_weights_and_get_sampling_client', results },
    { what: 'create_sampling_client of the training client', results },
    { what: 'unpickled', results },
    { what: 'asyncio', results, logprobs },
    { what: 'save_weights_and_get_sampling_client_async', results },
    { what: 'base model', ...ofBase },
  ];
}

describe.each(sdks)('SDK $version', (sdk) => {
  describe('sampling', () => {
    it.each([
      ['protobuf', []],
      ['tokens in exchange for the key', ['--jwt']],
    ])('%s: every token and log-probability as with our client', (_name, args) =>
      withLocalServer(
        async (server) => {
          const plan = planOf('cross_entropy');
          const { lines } = await runPython(sdk, 'sdk_sampling.py', { server, args: [await planFile({ ...plan, prompt, cases })] });
          expect(lines).toEqual(await sampledWithOurs(server, plan));
        },
        { args },
      ),
    );

    it('JSON only: the SDK reads samples in protobuf alone, and says that the server predates it', () =>
      withLocalServer(
        async (server) => {
          const sampling = runPython(sdk, 'sdk_sampling_base.py', { server, args: [await planFile({ prompt })] });
          await expect(sampling).rejects.toThrow('which this SDK version only supports as proto. The server predates');
        },
        { args: ['--json-only'] },
      ));
  });
});
