import { HttpError, jsonTextResponse } from '../http-error.js';
import type { LocalApi } from '../local-api.js';
import type { ServerApp } from '../routing.js';
import { tokenizerConfigJson, tokenizerJson } from './tokenizer-files.js';

/** Where tokenizers are; they are public and need no key. */
export const tokenizersPath = '/tokenizers/';

/**
 * The tokenizers of the base models: `GET /tokenizers/{base model}/tokenizer.json` and
 * `…/tokenizer_config.json`. The models' `tokenizer_id` is their own name, so that clients which look
 * elsewhere for tokenizers still get a plain name (wire protocol §6.9).
 */
export function addTokenizerRoutes(app: ServerApp, { engine }: LocalApi): void {
  const tokenizer = JSON.stringify(tokenizerJson());
  const lengthOf = (path: string, file: string): number => {
    const name = path.slice(tokenizersPath.length, -file.length);
    const models = engine.baseModels();
    const found = models.find((model) => [model.name, encodeURIComponent(model.name)].includes(name));
    if (found === undefined) {
      throw new HttpError(404, `There is no tokenizer for ${name}. This server has those of ${models.map((model) => model.name).join(', ')}.`);
    }
    return found.maxContextLength;
  };
  app.get(`${tokenizersPath}*`, (c, next) => {
    const { path } = c.req;
    if (path.endsWith('/tokenizer.json')) {
      lengthOf(path, '/tokenizer.json');
      return Promise.resolve(jsonTextResponse(tokenizer));
    }
    if (path.endsWith('/tokenizer_config.json')) {
      return Promise.resolve(jsonTextResponse(JSON.stringify(tokenizerConfigJson(lengthOf(path, '/tokenizer_config.json')))));
    }
    return next();
  });
}
