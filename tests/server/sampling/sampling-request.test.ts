import { describe, expect, it } from '@jest/globals';
import { imageChunk } from '../../../src/types/chunks.js';
import { ModelInput } from '../../../src/types/data.js';
import { SampleRequest, SamplingParams } from '../../../src/types/sampling.js';
import { toSampleResponse, toSampleWork } from '../../../src/server/sampling/sampling-request.js';

const model = { name: 'fake/one', maxContextLength: 8, vocabSize: 260, width: 4, layers: 1 };

type Params = Parameters<typeof SamplingParams.make>[0];

function request(params: Params = {}, more: Partial<SampleRequest> = {}): SampleRequest {
  return SampleRequest.make({ prompt: ModelInput.fromInts([5, 6, 7]), samplingParams: SamplingParams.make(params), ...more });
}

describe('toSampleWork', () => {
  it('hands everything over', () => {
    const params = { maxTokens: 5, seed: 7, temperature: 0.5, topK: 3, topP: 0.9 };
    expect(toSampleWork(request(params, { numSamples: 2, promptLogprobs: true }), model)).toEqual({
      prompt: Int32Array.of(5, 6, 7),
      numSamples: 2,
      maxTokens: 5,
      temperature: 0.5,
      topK: 3,
      topP: 0.9,
      seed: 7n,
      stops: [],
      promptLogprobs: true,
      topkPromptLogprobs: 0,
    });
  });

  it('samples up to the end of the context when no limit is given', () => {
    expect(toSampleWork(request(), model).maxTokens).toBe(5);
  });

  it('joins the chunks of a prompt', () => {
    const prompt = ModelInput.fromInts([1, 2]).appendInt(3);
    expect(toSampleWork(request({}, { prompt }), model).prompt).toEqual(Int32Array.of(1, 2, 3));
  });

  it('gives the log-probabilities of the prompt with the likeliest tokens', () => {
    expect(toSampleWork(request({}, { topkPromptLogprobs: 2 }), model)).toMatchObject({ promptLogprobs: true, topkPromptLogprobs: 2 });
  });

  it.each([
    ['\n\n', [Int32Array.of(10, 10)]],
    [['a', 'é'], [Int32Array.of(97), Int32Array.of(195, 169)]],
    [[257, 10], [Int32Array.of(257), Int32Array.of(10)]],
    [[], []],
  ])('ends at %j', (stop, stops) => {
    expect(toSampleWork(request({ stop }), model).stops).toEqual(stops);
  });

  it.each([
    [request({ maxTokens: 6 }), "Prompt length plus max_tokens exceeds the model's context window: 3 + 6 > 8. Shorten the prompt or lower max_tokens."],
    [request({}, { prompt: ModelInput.fromInts([1, 1, 1, 1, 1, 1, 1, 1]) }), "Prompt length plus max_tokens exceeds the model's context window: 8 + 1 > 8. Shorten the prompt or lower max_tokens."],
    [request({ maxTokens: 0 }), 'sampling_params.max_tokens: got 0, expected at least 1; leave it out to sample up to the end of the context.'],
    [request({}, { prompt: ModelInput.empty() }), 'prompt: is empty; give at least one token.'],
    [request({}, { prompt: ModelInput.fromInts([5, 260]) }), "prompt: the token at position 1 is 260, but fake/one has token ids from 0 to 259. Encode the text with this model's tokenizer."],
    [
      request({}, { prompt: ModelInput.fromInts([5]).append(imageChunk({ data: new Uint8Array([1]), format: 'png' })) }),
      'prompt.chunks[1]: is of type image, but the local models read text only; give token ids.',
    ],
    [request({}, { numSamples: 1025 }), 'num_samples: got 1025, expected a whole number from 1 to 1024.'],
    [request({}, { topkPromptLogprobs: 261 }), 'topk_prompt_logprobs: got 261, expected a whole number from 0 to 260.'],
    [request({ temperature: -1 }), 'sampling_params.temperature: got -1, expected at least 0.'],
    [request({ topK: 0 }), 'sampling_params.top_k: got 0, expected -1 for all tokens, or at least 1.'],
    [request({ topP: 0 }), 'sampling_params.top_p: got 0, expected above 0 and at most 1.'],
    [request({ topP: 1.5 }), 'sampling_params.top_p: got 1.5, expected above 0 and at most 1.'],
    [request({ stop: ['a', ''] }), 'sampling_params.stop[1]: is empty, so every sequence would end at once; leave it out.'],
    [request({ stop: [300] }), "sampling_params.stop: the token at position 0 is 300, but fake/one has token ids from 0 to 259. Encode the text with this model's tokenizer."],
  ])('refuses %#', (bad, message) => {
    expect(() => toSampleWork(bad, model)).toThrow(expect.objectContaining({ message, category: 'user' }));
  });
});

describe('toSampleResponse', () => {
  it('leaves out what was not asked for', () => {
    const output = { sequences: [], promptLogprobs: undefined, topkPromptLogprobs: undefined, promptCacheHitTokens: 3 };
    expect(toSampleResponse(output)).toEqual({ sequences: [], promptCacheHitTokens: 3 });
  });
});
