import { describe, expect, it } from '@jest/globals';
import { checkPrompt, checkSample } from '../../src/sampling/sampling-input.js';
import { checkRetryConfig } from '../../src/sampling/sampling-options.js';
import { imageChunk } from '../../src/types/chunks.js';
import { ModelInput } from '../../src/types/data.js';
import { assertRefuses, untyped } from '../support/codec.js';

const check = untyped(checkSample);
const valid = { prompt: [1], samplingParams: {} };

describe('checkSample', () => {
  it('fills in the defaults', () => {
    expect(checkSample(valid)).toEqual({
      prompt: ModelInput.fromInts([1]),
      numSamples: 1,
      samplingParams: { temperature: 1, topK: -1, topP: 1 },
      promptLogprobs: false,
      topkPromptLogprobs: 0,
    });
  });

  it('keeps what is given', () => {
    const samplingParams = { maxTokens: 1, seed: 2n ** 64n - 1n, stop: [3, 4], temperature: 0, topK: 1, topP: 0.1 };
    const prompt = ModelInput.empty().append(imageChunk({ data: Uint8Array.of(1), format: 'png' }));
    expect(checkSample({ prompt, numSamples: 2, samplingParams, includePromptLogprobs: true, topkPromptLogprobs: 3 })).toEqual({
      prompt,
      numSamples: 2,
      samplingParams,
      promptLogprobs: true,
      topkPromptLogprobs: 3,
    });
  });

  it('makes a list of one stop text, and takes several', () => {
    const stopOf = (stop: string | readonly string[]) => checkSample({ ...valid, samplingParams: { stop } }).samplingParams.stop;
    expect([stopOf('a'), stopOf(['a', 'b']), stopOf([])]).toEqual([['a'], ['a', 'b'], []]);
  });

  const stopRule = 'a non-empty text, an array of such texts, or an array of token ids; not both';
  it.each<[string, unknown, string, string]>([
    ['nothing', undefined, 'sample', 'got undefined, expected an object'],
    ['an unknown field', { ...valid, n: 2 }, 'sample.n', 'there is no such option; the options are prompt, numSamples, samplingParams, includePromptLogprobs, topkPromptLogprobs'],
    ['no sequence', { ...valid, numSamples: 0 }, 'numSamples', 'got 0, expected a whole number, 1 or more'],
    ['half a sequence', { ...valid, numSamples: 1.5 }, 'numSamples', 'got 1.5, expected a whole number, 1 or more'],
    ['fewer than no top tokens', { ...valid, topkPromptLogprobs: -1 }, 'topkPromptLogprobs', 'got -1, expected a whole number, 0 or more'],
    ['a flag that is none', { ...valid, includePromptLogprobs: 1 }, 'includePromptLogprobs', 'got 1, expected true or false'],
    ['a text as prompt', { ...valid, prompt: 'hi' }, 'prompt', 'got "hi", expected a ModelInput or an array of token ids'],
    ['an empty prompt', { ...valid, prompt: [] }, 'prompt', 'got no tokens, expected at least one token'],
    ['an empty model input', { ...valid, prompt: ModelInput.empty() }, 'prompt', 'got no tokens, expected at least one token'],
    ['a prompt of no tokens', { ...valid, prompt: [-1] }, 'tokens[0]', 'got -1, expected a token id (whole, 0 to 2147483647)'],
    ['no settings', { prompt: [1] }, 'samplingParams', 'got undefined, expected an object'],
    ['an unknown setting', { prompt: [1], samplingParams: { max_tokens: 1 } }, 'samplingParams.max_tokens', 'there is no such option; the options are maxTokens, seed, stop, temperature, topK, topP'],
    ['no tokens to draw', { prompt: [1], samplingParams: { maxTokens: 0 } }, 'samplingParams.maxTokens', 'got 0, expected a whole number, 1 or more'],
    ['a negative seed', { prompt: [1], samplingParams: { seed: -1 } }, 'samplingParams.seed', 'got -1, expected a whole number from 0 to 2^64 - 1 (beyond 2^53 - 1 as a bigint)'],
    ['a rounded seed', { prompt: [1], samplingParams: { seed: 2 ** 53 } }, 'samplingParams.seed', 'got 9007199254740992, expected a whole number from 0 to 2^64 - 1 (beyond 2^53 - 1 as a bigint)'],
    ['a seed of 65 bits', { prompt: [1], samplingParams: { seed: 2n ** 64n } }, 'samplingParams.seed', 'got 18446744073709551616n, expected a whole number from 0 to 2^64 - 1 (beyond 2^53 - 1 as a bigint)'],
    ['a negative temperature', { prompt: [1], samplingParams: { temperature: -1 } }, 'samplingParams.temperature', 'got -1, expected a finite number, 0 or more'],
    ['an infinite temperature', { prompt: [1], samplingParams: { temperature: Infinity } }, 'samplingParams.temperature', 'got Infinity, expected a finite number, 0 or more'],
    ['no top token', { prompt: [1], samplingParams: { topK: 0 } }, 'samplingParams.topK', 'got 0, expected a whole number, 1 or more, or -1 to draw among all tokens'],
    ['no probability', { prompt: [1], samplingParams: { topP: 0 } }, 'samplingParams.topP', 'got 0, expected a number above 0, up to 1'],
    ['too much probability', { prompt: [1], samplingParams: { topP: 1.1 } }, 'samplingParams.topP', 'got 1.1, expected a number above 0, up to 1'],
    ['a text as probability', { prompt: [1], samplingParams: { topP: '1' } }, 'samplingParams.topP', 'got "1", expected a number above 0, up to 1'],
    ['an empty stop', { prompt: [1], samplingParams: { stop: '' } }, 'samplingParams.stop', `got an array of 1, expected ${stopRule}`],
    ['mixed stops', { prompt: [1], samplingParams: { stop: ['a', 1] } }, 'samplingParams.stop', `got an array of 2, expected ${stopRule}`],
    ['a number as stop', { prompt: [1], samplingParams: { stop: 1 } }, 'samplingParams.stop', `got 1, expected ${stopRule}`],
  ])('refuses %s', (_, input, field, message) => {
    assertRefuses(() => check(input), field, `${field}: ${message}`);
  });
});

describe('checkPrompt', () => {
  it('takes a ModelInput as it is, and token ids in any form', () => {
    const prompt = ModelInput.fromInts([1, 2]);
    expect(checkPrompt(prompt)).toBe(prompt);
    expect([checkPrompt([1, 2]), checkPrompt(Int32Array.of(1, 2))]).toEqual([prompt, prompt]);
  });
});

describe('checkRetryConfig', () => {
  const defaults = {
    maxConnections: Infinity,
    progressTimeoutMs: 7_200_000,
    retryDelayBaseMs: 500,
    retryDelayMaxMs: 10_000,
    jitterFactor: 0.25,
    enableRetryLogic: true,
    enableStuckDetection: true,
  };

  it('fills in the defaults of the protocol, and keeps what is given', () => {
    expect(checkRetryConfig()).toEqual(defaults);
    const given = { maxConnections: 1, progressTimeoutMs: 2, retryDelayBaseMs: 3, retryDelayMaxMs: 4, jitterFactor: 0, enableRetryLogic: false, enableStuckDetection: false };
    expect(checkRetryConfig(given)).toEqual(given);
  });

  const ms = 'a number of milliseconds above 0, at most 2147483647';
  it.each<[string, unknown, string]>([
    ['maxConnections', 0, 'got 0, expected a number of calls, 1 or more'],
    ['maxConnections', '5', 'got "5", expected a number of calls, 1 or more'],
    ['progressTimeoutMs', 0, `got 0, expected ${ms}`],
    ['retryDelayBaseMs', 2 ** 31, `got 2147483648, expected ${ms}`],
    ['retryDelayMaxMs', Number.NaN, `got NaN, expected ${ms}`],
    ['jitterFactor', 1.1, 'got 1.1, expected a number from 0 to 1'],
    ['jitterFactor', -0.1, 'got -0.1, expected a number from 0 to 1'],
    ['enableRetryLogic', 1, 'got 1, expected true or false'],
    ['maxRetries', 1, 'there is no such option; the options are maxConnections, progressTimeoutMs, retryDelayBaseMs, retryDelayMaxMs, jitterFactor, enableRetryLogic, enableStuckDetection'],
  ])('refuses %s of %p', (name, value, message) => {
    assertRefuses(() => untyped(checkRetryConfig)({ [name]: value }), `retryConfig.${name}`, `retryConfig.${name}: ${message}`);
  });
});
