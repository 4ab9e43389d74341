import { invalid, TinkerError } from '../types/errors.js';

/** Repositories whose tokenizer is taken at one revision, whatever is published there later. */
const pinned: Readonly<Record<string, string>> = {
  'moonshotai/Kimi-K2-Thinking': 'moonshotai/Kimi-K2-Thinking@612681931a8c906ddb349f8ad0f582cb552189cd',
  'moonshotai/Kimi-K2.5': 'moonshotai/Kimi-K2.5@4d01dfe0332d63057c186e0b262165819efb6611',
  'moonshotai/Kimi-K2.5-Text-Only': 'moonshotai/Kimi-K2.5@4d01dfe0332d63057c186e0b262165819efb6611',
  'moonshotai/Kimi-K2.6': 'moonshotai/Kimi-K2.6@b5aabbfb20227ed42becbf5541dbffd213942c58',
};
const llama3 = 'thinkingmachineslabinc/meta-llama-3-instruct-tokenizer';

/**
 * Which tokenizer a model goes with (wire protocol §6.9): a hub address `org/name`, with `@revision`
 * where one is pinned. Both names are cut at the first `:`.
 * @param modelName the base model
 * @param tokenizerId what the server names as its tokenizer, if anything
 * @throws TinkerError `validation` when there is no name, or it is a private one of Thinking Machines, which nobody can fetch
 */
export function tokenizerIdFor(modelName: string, tokenizerId?: string): string {
  if (typeof modelName !== 'string') throw invalid('modelName', modelName, 'the name of a base model such as org/name');
  const id = cut(tokenizerId ?? '') || idByName(cut(modelName));
  if (id.startsWith('TML/') || id.startsWith('thinkingmachines/')) {
    throw new TinkerError(
      'validation',
      `tokenizerId: ${id} is a private tokenizer of Thinking Machines and not on the hub. If you have its tokenizer.json, ` +
        'pass the directory with it to loadTokenizer, or as the source option of getTokenizer',
      { field: 'tokenizerId' },
    );
  }
  return pinned[id] ?? id;
}

function idByName(modelName: string): string {
  if (modelName.startsWith('meta-llama/Llama-3')) return llama3;
  const parts = modelName.split('/');
  return parts.length === 3 ? parts.slice(0, 2).join('/') : modelName;
}

function cut(name: string): string {
  return name.replace(/:.*$/s, '');
}
