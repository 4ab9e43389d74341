import { SPECIAL_TOKENS } from '../engine/base-models.js';

/**
 * The tokenizer of the local base models in the Hugging Face format: the id of a byte is its value,
 * and the special tokens follow. No merges, no normalization, nothing added on encode.
 */
export function tokenizerJson(): object {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: Object.entries(SPECIAL_TOKENS).map(([content, id]) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(byteNames().map((name, value) => [name, value])),
      merges: [],
    },
  };
}

/** What goes with it for the libraries that ask. */
export function tokenizerConfigJson(modelMaxLength: number): object {
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: modelMaxLength,
    bos_token: '<|bos|>',
    eos_token: '<|eos|>',
    pad_token: '<|pad|>',
    clean_up_tokenization_spaces: false,
  };
}

/**
 * The character that stands for each byte in the ByteLevel scheme: itself where it is printable and
 * no blank, otherwise the next one from U+0100 on.
 */
function byteNames(): readonly string[] {
  let unprintable = 0;
  return Array.from({ length: 256 }, (_, byte) => {
    if (isPrintable(byte)) return String.fromCharCode(byte);
    unprintable += 1;
    return String.fromCharCode(0xff + unprintable);
  });
}

function isPrintable(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}
