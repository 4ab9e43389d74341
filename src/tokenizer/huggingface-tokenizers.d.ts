/**
 * What is used of the tokenizer library. Its own declarations name their files without endings, which
 * Node's module resolution does not find.
 */
declare module '@huggingface/tokenizers' {
  export class Tokenizer {
    /** @param tokenizer the parsed `tokenizer.json` @param config the parsed `tokenizer_config.json` */
    constructor(tokenizer: object, config: object);
    /** Where the vocabulary knows neither a piece of the text nor an unknown token, its id is undefined. */
    encode(text: string, options?: { add_special_tokens?: boolean }): { ids: (number | undefined)[] };
    /** Throws on an empty array. */
    decode(ids: number[], options?: { skip_special_tokens?: boolean }): string;
    token_to_id(token: string): number | undefined;
    id_to_token(id: number): string | undefined;
    /** Added tokens included. */
    get_vocab(): Map<string, number>;
  }
}
