import { expect, it, jest } from '@jest/globals';
import { tokenizerJson } from '../../src/server/tokenizers/tokenizer-files.js';
import { json } from '../support/scripted-server.js';

it('loads the tokenizer library with the first tokenizer, and not before', async () => {
  const loaded: string[] = [];
  jest.unstable_mockModule('@huggingface/tokenizers', () => {
    loaded.push('@huggingface/tokenizers');
    return { Tokenizer: class { readonly get_vocab = () => new Map([['a', 0]]); } };
  });
  const { datum, scriptedTraining } = await import('../support/clients.js');
  const { loadTokenizer } = await import('../../src/tokenizer/tokenizer.js');
  const { service, training } = await scriptedTraining();
  await training.forwardBackward([datum()], 'cross_entropy');
  await service.close();
  expect(loaded).toEqual([]);
  const tokenizer = await loadTokenizer('http://lazy.test', { fetch: () => Promise.resolve(json(tokenizerJson())) });
  expect([tokenizer.vocabSize, loaded]).toEqual([1, ['@huggingface/tokenizers']]);
});
