import type { ModelInput } from '../../types/data.js';
import { userError } from '../engine/engine-error.js';

/**
 * The tokens of a model input.
 * @param at names the input in an error
 * @throws EngineError `user` on chunks other than text: the local models read nothing else
 */
export function textTokens({ chunks }: ModelInput, at: string): Int32Array {
  const tokens = chunks.map((chunk, index) => {
    if (chunk.type === 'encoded_text') return chunk.tokens;
    throw userError(`${at}.chunks[${index}]: is of type ${chunk.type}, but the local models read text only; give token ids.`);
  });
  const [only] = tokens;
  return only !== undefined && tokens.length === 1 ? only : Int32Array.from(tokens.flatMap((part) => Array.from(part)));
}
