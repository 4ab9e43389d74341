import type { InspectionEvent } from 'xstate';
import { guardedObserver, guardedOnError, type InspectionObserver } from './callbacks.js';
import { checkOptions } from './check-options.js';
import { realEnvironment, type Environment } from './machines/environment.js';
import { isRecord } from './types/check.js';
import { invalid, show, TinkerError } from './types/errors.js';
import type { UserMetadata } from './types/ids.js';
import { checkJson } from './types/json-value.js';
import { protocolVersion, version } from './types/version.js';

/** Settings of a {@link ServiceClient}. Everything has a default, or comes from the environment. */
export interface ServiceClientOptions {
  /** Credential; default `TINKER_API_KEY`. Never appears in errors, logs or inspection events. */
  readonly apiKey?: string | undefined;
  /** Server, with or without a path and a trailing slash; default `TINKER_BASE_URL`, else the Tinker cloud. */
  readonly baseUrl?: string | undefined;
  /** Kept with the session on the server; default none. */
  readonly userMetadata?: UserMetadata | undefined;
  /** Default `TINKER_PROJECT_ID`. */
  readonly projectId?: string | undefined;
  /** Default `TINKER_TAGS`, separated by commas. */
  readonly tags?: readonly string[] | undefined;
  /** Sent with every request; may replace our own headers except the credential. */
  readonly defaultHeaders?: Readonly<Record<string, string>> | undefined;
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Observes every actor of this service; any xstate inspection observer or function. */
  readonly inspect?: InspectionObserver | undefined;
  /** Told of every rejected operation that nobody awaits, once; default: a line on the console. */
  readonly onError?: ((error: TinkerError) => void) | undefined;
  /** Milliseconds for one attempt of a request; default 60,000. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds for all attempts of one request together; default 300,000 (wire protocol §3.6). */
  readonly requestDeadlineMs?: number | undefined;
  /** Milliseconds for which polls may go unanswered without a break; default 3,600,000. */
  readonly unreachableDeadlineMs?: number | undefined;
  /** Time, chance and ids; replaced in tests and simulations. */
  readonly environment?: Environment | undefined;
}

/** Options with every default filled in. */
export interface ServiceConfig {
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly userMetadata: UserMetadata;
  readonly projectId: string | undefined;
  readonly tags: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof globalThis.fetch;
  readonly inspect: ((event: InspectionEvent) => void) | undefined;
  readonly onError: (error: TinkerError) => void;
  readonly timeoutMs: number;
  readonly requestDeadlineMs: number;
  readonly unreachableDeadlineMs: number;
  readonly environment: Environment;
}

/** The Tinker cloud (wire protocol §1.1). */
export const cloudUrl = 'https://tinker.thinkingmachines.dev/services/tinker-prod';

type ProcessEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * Fills in defaults. The only place where environment variables are read (wire protocol §1.2).
 * @throws TinkerError `validation` naming the option or the variable
 */
export function resolveConfig(options: ServiceClientOptions = {}, env: ProcessEnvironment = process.env): ServiceConfig {
  checkOptions(options, optionNames);
  const baseUrl = resolveBaseUrl(options.baseUrl, env);
  return {
    apiKey: resolveApiKey(options.apiKey, env, baseUrl),
    baseUrl,
    userMetadata: checkMetadata('userMetadata', options.userMetadata) ?? {},
    projectId: checkText('projectId', options.projectId) ?? (env['TINKER_PROJECT_ID'] || undefined),
    tags: resolveTags(options.tags, env),
    headers: { ...ownHeaders(env), ...checkHeaders(options.defaultHeaders) },
    fetch: checkFunction('fetch', options.fetch) ?? ((...request) => globalThis.fetch(...request)),
    inspect: guardedObserver(options.inspect),
    onError: guardedOnError(checkFunction('onError', options.onError) ?? reportOnConsole),
    timeoutMs: checkMs('timeoutMs', options.timeoutMs, 60_000),
    requestDeadlineMs: checkMs('requestDeadlineMs', options.requestDeadlineMs, 300_000),
    unreachableDeadlineMs: checkMs('unreachableDeadlineMs', options.unreachableDeadlineMs, 3_600_000),
    environment: checkEnvironment(options.environment) ?? realEnvironment,
  };
}

const optionNames: readonly (keyof ServiceClientOptions)[] = [
  'apiKey',
  'baseUrl',
  'userMetadata',
  'projectId',
  'tags',
  'defaultHeaders',
  'fetch',
  'inspect',
  'onError',
  'timeoutMs',
  'requestDeadlineMs',
  'unreachableDeadlineMs',
  'environment',
];

function checkEnvironment(environment: Environment | undefined): Environment | undefined {
  if (environment === undefined) return undefined;
  checkOptions(environment, ['clock', 'now', 'random', 'uuid'], 'environment');
  for (const name of ['now', 'random', 'uuid'] as const) {
    if (typeof environment[name] !== 'function') throw invalid(`environment.${name}`, environment[name], 'a function');
  }
  const { clock } = environment;
  if (typeof clock !== 'object' || typeof clock.setTimeout !== 'function' || typeof clock.clearTimeout !== 'function') {
    throw invalid('environment.clock', clock, 'an object with setTimeout and clearTimeout');
  }
  return environment;
}

function resolveBaseUrl(given: string | undefined, env: ProcessEnvironment): string {
  const [field, value] = given === undefined ? ['TINKER_BASE_URL', env['TINKER_BASE_URL'] || cloudUrl] : ['baseUrl', given];
  const allowed = 'an http or https URL without user name, query or fragment, such as http://127.0.0.1:8000';
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : null;
  const bare = url !== null && url.href === `${url.origin}${url.pathname}`;
  if (!bare || !['http:', 'https:'].includes(url.protocol)) {
    throw mayBeSecret(value) ? new TinkerError('validation', `${field}: expected ${allowed}`, { field }) : invalid(field, value, allowed);
  }
  return url.href.replace(/\/+$/, '');
}

/** A user name, a query or a fragment may hold a password, and a key may stand where the URL belongs. */
function mayBeSecret(url: unknown): boolean {
  return typeof url === 'string' && /[@?#]|^(tml-|eyJ)/.test(url);
}

function resolveApiKey(given: string | undefined, env: ProcessEnvironment, baseUrl: string): string {
  const [field, value] = given === undefined ? ['TINKER_API_KEY', env['TINKER_API_KEY'] ?? ''] : ['apiKey', given];
  if (typeof value !== 'string' || value === '') {
    throw refusedKey(field, 'no API key is given: pass the apiKey option or set TINKER_API_KEY');
  }
  if (!/^[\x21-\x7e]+$/.test(value)) throw refusedKey(field, 'the API key holds characters that no key has (spaces or non-ASCII)');
  if (baseUrl === cloudUrl && !value.startsWith('tml-') && !value.startsWith('eyJ')) {
    throw refusedKey(field, 'an API key of the Tinker cloud starts with "tml-"');
  }
  return value;
}

/** Says what is wrong with a key without showing it. */
function refusedKey(field: string, why: string): TinkerError {
  return new TinkerError('validation', `${field}: ${why}`, { field });
}

function resolveTags(given: readonly string[] | undefined, env: ProcessEnvironment): readonly string[] {
  if (given === undefined) return [...new Set((env['TINKER_TAGS'] ?? '').split(',').filter((tag) => tag !== ''))];
  if (!Array.isArray(given) || !given.every((tag) => typeof tag === 'string')) throw invalid('tags', given, 'an array of strings');
  return [...new Set(given)];
}

function ownHeaders(env: ProcessEnvironment): Record<string, string> {
  return {
    'User-Agent': `tinkerjs/${version}`,
    'X-Stainless-Package-Version': protocolVersion,
    ...headerFrom('CLOUDFLARE_ACCESS_CLIENT_ID', 'CF-Access-Client-Id', env),
    ...headerFrom('CLOUDFLARE_ACCESS_CLIENT_SECRET', 'CF-Access-Client-Secret', env),
  };
}

function headerFrom(variable: string, name: string, env: ProcessEnvironment): Record<string, string> {
  const value = env[variable] ?? '';
  if (value !== '') checkHeader(variable, name, value);
  return value === '' ? {} : { [name]: value };
}

function checkHeaders(given: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  if (!isRecord(given)) throw invalid('defaultHeaders', given, 'a plain object of header values by name');
  for (const [name, value] of Object.entries(given)) checkHeader('defaultHeaders', name, value);
  return given;
}

// The connection is the transport's own; a request with one of these never leaves, or leaves without it.
const transportHeaders = new Set(['connection', 'content-length', 'expect', 'host', 'keep-alive', 'transfer-encoding', 'upgrade']);

/** The value is not shown: headers may hold secrets. */
function checkHeader(field: string, name: string, value: unknown): void {
  const refused = (why: string) => new TinkerError('validation', `${field}: ${show(name)} ${why}`, { field });
  if (transportHeaders.has(name.toLowerCase())) throw refused('is set by the transport and cannot be given');
  if (typeof value !== 'string') throw refused('has a value that is not a string');
  try {
    new Headers([[name, value]]);
  } catch {
    throw refused('or its value has characters that no header may have');
  }
}

function checkFunction<F>(field: string, value: F | undefined): F | undefined {
  if (value !== undefined && typeof value !== 'function') throw invalid(field, value, 'a function');
  return value;
}

function checkText(field: string, value: string | undefined): string | undefined {
  if (value !== undefined && (typeof value !== 'string' || value === '')) throw invalid(field, value, 'a non-empty string');
  return value;
}

/**
 * Checks a map of the user's own facts.
 * @throws TinkerError `validation` naming the first fact that JSON cannot carry
 */
export function checkMetadata(field: string, value: UserMetadata | undefined): UserMetadata | undefined {
  if (value === undefined) return undefined;
  if (!isRecord(value)) throw invalid(field, value, 'a plain object');
  checkJson(field, value);
  return value;
}

// Node runs a timer that is longer at once.
const longestTimer = 2 ** 31 - 1;

function checkMs(field: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || !(value > 0 && value <= longestTimer)) {
    throw invalid(field, value, `a number of milliseconds above 0, at most ${longestTimer}`);
  }
  return value;
}

function reportOnConsole(error: TinkerError): void {
  console.error(`tinkerjs: an operation failed and nobody awaited it: ${error.message}`);
}
