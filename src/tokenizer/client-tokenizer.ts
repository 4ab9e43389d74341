import { isAbsolute } from 'node:path';
import { checkOptions } from '../calls/check-options.js';
import type { Clock } from '../machines/environment.js';
import { loadTokenizerBy, tokenizerOptions, type Tokenizer, type TokenizerOptions } from './tokenizer.js';
import { tokenizerIdFor } from './tokenizer-id.js';
import { asSentence, TinkerError, toTinkerError } from '../types/errors.js';
import type { GetInfoResponse } from '../types/training.js';
import { callWithin, type UnderWay } from '../calls/wait.js';

/** Settings of `getTokenizer`. */
export interface GetTokenizerOptions extends Omit<TokenizerOptions, 'fetch'> {
  /** Where the tokenizer is, as `loadTokenizer` takes it; default: where that of the client's model is. */
  readonly source?: string | URL | undefined;
}

/** What the server says about the model of a client. */
export interface ModelNames {
  readonly modelName: string | undefined;
  readonly tokenizerId?: string | undefined;
}

/** What `get_info` says of a model's names; a self-hosted server may leave any of them out. */
export function namesOf({ modelData, modelName }: GetInfoResponse): ModelNames {
  return { modelName: modelData.modelName ?? modelName, tokenizerId: modelData.tokenizerId };
}

/** What is needed of the service. */
export interface TokenizerHost {
  readonly baseUrl: string;
  readonly fetch: typeof globalThis.fetch;
  readonly environment: { readonly clock: Clock };
}

const optionNames = ['source', ...tokenizerOptions.filter((name) => name !== 'fetch')];

/** Base models of the local server, which has their tokenizers itself. */
const localModel = /^local\/[\w.-]+$/;

/**
 * The tokenizer of a client's model (wire protocol §6.9).
 * @param names asks the server which model it is; not called when the caller names a source
 * @param underWay the requests that may be waited for
 * @throws TinkerError as `loadTokenizer` does, saying of which model it could not get the tokenizer
 */
export async function tokenizerOfClient(
  { baseUrl, fetch, environment: { clock } }: TokenizerHost,
  names: () => Promise<ModelNames>,
  options: GetTokenizerOptions,
  underWay?: () => readonly UnderWay[],
): Promise<Tokenizer> {
  checkOptions(options, optionNames);
  const { source, signal, timeoutMs, ...reading } = options;
  const load = (from: string | URL) => loadTokenizerBy(clock, from, { ...reading, fetch });
  const find = async () => {
    if (source !== undefined) return load(source);
    const { tokenizerId, modelName = tokenizerId } = await names();
    if (modelName === undefined) {
      throw new TinkerError('malformedResponse', 'getTokenizer: the server does not say which model this is. Pass the source option');
    }
    if (localModel.test(modelName)) return load(`${baseUrl}/tokenizers/${modelName}`);
    const id = tokenizerIdFor(modelName, tokenizerId);
    try {
      return await load(id);
    } catch (thrown) {
      const error = toTinkerError(thrown);
      throw error.with({}, `getTokenizer: ${asSentence(error.message)} ${explained(modelName, id)}`);
    }
  };
  return callWithin('getTokenizer', { signal, timeoutMs }, clock, find, undefined, underWay);
}

function explained(modelName: string, id: string): string {
  const origin = `The server names ${id} as the tokenizer of ${modelName}`;
  return isAbsolute(id) ? `${origin}, which is a directory on its own machine: copy it here and pass its place as the source option` : origin;
}
