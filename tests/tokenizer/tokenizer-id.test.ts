import { describe, expect, it } from '@jest/globals';
import { tokenizerIdFor } from '../../src/tokenizer/tokenizer-id.js';
import { assertRefuses, untyped } from '../support/codec.js';

const llama3 = 'thinkingmachineslabinc/meta-llama-3-instruct-tokenizer';
const kimi25 = 'moonshotai/Kimi-K2.5@4d01dfe0332d63057c186e0b262165819efb6611';

describe('tokenizerIdFor', () => {
  it.each([
    ['a name stands for itself', 'Qwen/Qwen3-8B', undefined, 'Qwen/Qwen3-8B'],
    ['a name is cut at its first colon', 'Qwen/Qwen3-8B:rev:2', undefined, 'Qwen/Qwen3-8B'],
    ['all Llama 3 share one', 'meta-llama/Llama-3.2-1B:x', undefined, llama3],
    ['other Llamas do not', 'meta-llama/Llama-2-7b', undefined, 'meta-llama/Llama-2-7b'],
    ['the variant of a three-part name is left out', 'org/model/variant', undefined, 'org/model'],
    ['a name of four parts stands for itself', 'a/b/c/d', undefined, 'a/b/c/d'],
    ['a name of one part stands for itself', 'gpt2', undefined, 'gpt2'],
    ["the server's word comes first", 'meta-llama/Llama-3.2-1B', 'other/tokenizer', 'other/tokenizer'],
    ["the server's word is cut at its first colon", 'Qwen/Qwen3-8B', 'other/tokenizer:rev', 'other/tokenizer'],
    ["the server's word of three parts stays", 'Qwen/Qwen3-8B', 'a/b/c', 'a/b/c'],
    ["a server's empty word is none", 'Qwen/Qwen3-8B', '', 'Qwen/Qwen3-8B'],
    ['Kimi K2 Thinking is pinned', 'moonshotai/Kimi-K2-Thinking', undefined, 'moonshotai/Kimi-K2-Thinking@612681931a8c906ddb349f8ad0f582cb552189cd'],
    ['Kimi K2.5 is pinned', 'moonshotai/Kimi-K2.5', undefined, kimi25],
    ['Kimi K2.5 Text-Only is Kimi K2.5', 'moonshotai/Kimi-K2.5-Text-Only', undefined, kimi25],
    ['Kimi K2.6 is pinned, whoever names it', 'x/y', 'moonshotai/Kimi-K2.6', 'moonshotai/Kimi-K2.6@b5aabbfb20227ed42becbf5541dbffd213942c58'],
    ['other Kimis are not', 'moonshotai/Kimi-K2-Instruct', undefined, 'moonshotai/Kimi-K2-Instruct'],
  ])('%s', (_, modelName, tokenizerId, expected) => {
    expect(tokenizerIdFor(modelName, tokenizerId)).toBe(expected);
  });

  it.each(['TML/private', 'thinkingmachines/private'])('refuses %s, which is private', (id) => {
    const advice =
      `tokenizerId: ${id} is a private tokenizer of Thinking Machines and not on the hub. If you have its tokenizer.json, ` +
      'pass the directory with it to loadTokenizer, or as the source option of getTokenizer';
    assertRefuses(() => tokenizerIdFor(id), 'tokenizerId', advice);
    assertRefuses(() => tokenizerIdFor('Qwen/Qwen3-8B', id), 'tokenizerId', advice);
  });

  it('refuses what is no name', () => {
    const idOf = untyped(tokenizerIdFor);
    assertRefuses(() => idOf(5), 'modelName', 'modelName: got 5, expected the name of a base model such as org/name');
  });
});
