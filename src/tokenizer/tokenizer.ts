import { hubSettings } from '../config.js';
import { checkOptions } from '../calls/check-options.js';
import { checkFunction } from '../service/check-settings.js';
import { realEnvironment, type Clock } from '../machines/environment.js';
import { readTokenizerFiles, type TokenizerFiles } from './tokenizer-files.js';
import { locateTokenizer } from './tokenizer-source.js';
import { isRecord } from '../types/check.js';
import { invalid, messageOf, TinkerError } from '../types/errors.js';
import { callWithin, type WaitOptions } from '../calls/wait.js';

/** Turns text into token ids and back. */
export interface Tokenizer {
  /** How many tokens there are, special and added ones included. */
  readonly vocabSize: number;
  /** Begins a text; undefined when the tokenizer names none. */
  readonly bosTokenId: number | undefined;
  /** Ends a text, and a sample; undefined when the tokenizer names none. */
  readonly eosTokenId: number | undefined;
  /**
   * The ids of a text. Special tokens that are written out in the text become their ids.
   * @param options `addSpecialTokens`: what the tokenizer puts around a text, such as `bos`; default true
   */
  encode(text: string, options?: { readonly addSpecialTokens?: boolean | undefined }): number[];
  /**
   * The text of ids. Ids without a token, which models with a padded vocabulary can sample, give nothing.
   * @param options `skipSpecialTokens`: leaves them out; default false
   */
  decode(tokens: Iterable<number>, options?: { readonly skipSpecialTokens?: boolean | undefined }): string;
  /** The id of one token, by its name in the vocabulary; undefined when there is none. */
  tokenToId(token: string): number | undefined;
}

/** Settings of {@link loadTokenizer}. */
export interface TokenizerOptions extends WaitOptions {
  /** Where hub addresses lead to; default `HF_ENDPOINT`, else `https://huggingface.co`. */
  readonly hubUrl?: string | undefined;
  /** For repositories that are private or gated; default `HF_TOKEN`. Sent to the hub only, and never shown. */
  readonly token?: string | undefined;
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Most bytes of one file; default 128 MiB. */
  readonly maxBytes?: number | undefined;
}

export const tokenizerOptions: readonly (keyof TokenizerOptions)[] = ['hubUrl', 'token', 'fetch', 'maxBytes', 'signal', 'timeoutMs'];
const mostBytes = 134_217_728;
const deadlineMs = 300_000;
/** Loads by their place, finished or not; they stay for the life of the process. */
const loads = new Map<string, Promise<Tokenizer>>();

/**
 * Loads a tokenizer in the Hugging Face format (`tokenizer.json`, and `tokenizer_config.json` if it is
 * there), wire protocol §6.9. It is read once per place and process, however many ask for it; a load
 * that failed is made again when it is asked for again.
 * @param source a directory (`/models/x`, `./x`), an http(s) URL of a directory or of a `tokenizer.json`,
 *   or a hub address `org/name[@revision]`
 * @throws TinkerError saying what was looked for where, and what to do; `validation` on a bad argument or an
 *   empty directory, `http` with a status when it is not there or gated, `connection`, `timeout`, or
 *   `malformedResponse` when the files are no tokenizer
 */
export function loadTokenizer(source: string | URL, options: TokenizerOptions = {}): Promise<Tokenizer> {
  return loadTokenizerBy(realEnvironment.clock, source, options);
}

/** As {@link loadTokenizer}, in the time of a clock. */
export async function loadTokenizerBy(clock: Clock, source: string | URL, options: TokenizerOptions): Promise<Tokenizer> {
  checkOptions(options, tokenizerOptions);
  const { signal, timeoutMs, maxBytes = mostBytes } = options;
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) throw invalid('maxBytes', maxBytes, 'a whole number of bytes, at least 1');
  const fetch = checkFunction('fetch', options.fetch) ?? globalThis.fetch;
  const location = locateTokenizer(source, hubSettings(options));
  const place = location.kind === 'directory' ? location.name : location.tokenizerUrl;
  // A caller who gives up leaves the load to the others.
  return callWithin('loadTokenizer', { signal, timeoutMs }, clock, () => {
    const known = loads.get(place);
    if (known !== undefined) return known;
    const load = readTokenizerFiles(location, { fetch, clock, maxBytes, deadlineMs }).then((files) => build(files, location.name));
    loads.set(place, load);
    load.catch(() => loads.delete(place));
    return load;
  });
}

/** The library is loaded here, so that programs without tokenizers go without it. */
async function build({ tokenizer, config }: TokenizerFiles, name: string): Promise<Tokenizer> {
  const { Tokenizer: Library } = await import('@huggingface/tokenizers');
  // As in Python, what was encoded comes back as it was unless the tokenizer itself says otherwise.
  const library = made(() => new Library({ added_tokens: [], ...tokenizer }, { clean_up_tokenization_spaces: false, ...config }), name);
  const idOf = (token: unknown): number | undefined => {
    const content = isRecord(token) ? token['content'] : token;
    return typeof content === 'string' ? library.token_to_id(content) : undefined;
  };
  return {
    vocabSize: library.get_vocab().size,
    bosTokenId: idOf(config['bos_token']),
    eosTokenId: idOf(config['eos_token']),
    encode: (text, { addSpecialTokens = true } = {}) => {
      if (typeof text !== 'string') throw invalid('text', text, 'a string');
      return library.encode(text, { add_special_tokens: addSpecialTokens }).ids.filter((id) => id !== undefined);
    },
    decode: (tokens, { skipSpecialTokens = false } = {}) => {
      const ids = [...tokens];
      const bad = ids.findIndex((id) => !Number.isSafeInteger(id) || id < 0);
      if (bad >= 0) throw invalid(`tokens[${bad}]`, ids[bad], 'a token id: a whole number, 0 or more');
      const known = ids.filter((id) => library.id_to_token(id) !== undefined);
      return known.length === 0 ? '' : library.decode(known, { skip_special_tokens: skipSpecialTokens });
    },
    tokenToId: (token) => library.token_to_id(token),
  };
}

function made<A>(make: () => A, name: string): A {
  try {
    return make();
  } catch (thrown) {
    throw new TinkerError('malformedResponse', `${name} is not a tokenizer that can be used: ${messageOf(thrown)}`, { cause: thrown });
  }
}
