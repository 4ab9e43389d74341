import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { invalid, TinkerError } from '../types/errors.js';

/** Where the files of one tokenizer are. */
export type TokenizerLocation =
  | { readonly kind: 'directory'; readonly name: string }
  | {
      readonly kind: 'remote';
      /** How errors name it: without what may be secret in a query. */
      readonly name: string;
      readonly tokenizerUrl: string;
      readonly configUrl: string;
      /** Sent to the hub alone, never to other addresses. */
      readonly token: string | undefined;
      readonly isHub: boolean;
    };

/** Where hub addresses lead to. */
export interface HubSettings {
  /** Without a trailing slash. */
  readonly hubUrl: string;
  readonly hubToken: string | undefined;
}

const tokenizerFile = 'tokenizer.json';
const configFile = 'tokenizer_config.json';
const hubAddress = /^([\w-][\w.-]*\/[\w-][\w.-]*)(?:@([^@\s]+))?$/;
const allowed =
  'a directory (an absolute path, or one that starts with ./ or ../), an http(s) URL of a directory or of a tokenizer.json, ' +
  'or a hub address such as org/name or org/name@revision';

/**
 * Reads what a caller says about where a tokenizer is.
 * @throws TinkerError `validation` naming `source`, or the setting of the hub that is wrong
 */
export function locateTokenizer(source: unknown, hub: HubSettings): TokenizerLocation {
  const text = source instanceof URL ? source.href : source;
  if (typeof text !== 'string') throw invalid('source', source, allowed);
  if (/^https?:/i.test(text)) return byUrl(text);
  if (/^file:/i.test(text)) return inDirectory(pathOf(text));
  if (isAbsolute(text) || /^\.{1,2}([/\\]|$)/.test(text)) return inDirectory(text);
  const [, repository, revision = 'main'] = hubAddress.exec(text) ?? [];
  if (repository === undefined) throw invalid('source', source, allowed);
  const base = `${hub.hubUrl}/${repository}/resolve/${encodeURIComponent(revision)}/`;
  return {
    kind: 'remote',
    name: `${base}${tokenizerFile}`,
    tokenizerUrl: `${base}${tokenizerFile}`,
    configUrl: `${base}${configFile}`,
    token: hub.hubToken,
    isHub: true,
  };
}

function byUrl(text: string): TokenizerLocation {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '') {
    // Not shown: it may hold a password.
    throw new TinkerError('validation', 'source: expected an http(s) URL without user name and password', { field: 'source' });
  }
  if (!url.pathname.endsWith('.json')) url.pathname = `${url.pathname.replace(/\/+$/, '')}/${tokenizerFile}`;
  const config = new URL(url);
  config.pathname = `${dirname(url.pathname).replace(/\/+$/, '')}/${configFile}`;
  const name = `${url.origin}${url.pathname}`;
  return { kind: 'remote', name, tokenizerUrl: url.href, configUrl: config.href, token: undefined, isHub: false };
}

function pathOf(fileUrl: string): string {
  try {
    return fileURLToPath(fileUrl);
  } catch (thrown) {
    throw new TinkerError('validation', 'source: expected a file URL of this machine', { field: 'source', cause: thrown });
  }
}

function inDirectory(path: string): TokenizerLocation {
  return { kind: 'directory', name: resolve(path.endsWith('.json') ? dirname(path) : path) };
}
