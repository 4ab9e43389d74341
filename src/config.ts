import { fetchTransport } from './api/fetch-transport.js';
import type { Transport } from './api/transport.js';
import { UndiciTransport } from './api/undici-transport.js';
import { guarded, guardedOnError } from './calls/callbacks.js';
import { checkFlag, checkOptions, checkSecret } from './calls/check-options.js';
import { checkEnvironment, checkFunction, checkMetadata, checkMs, checkText } from './service/check-settings.js';
import { checkEncoding, type EncodingOption } from './training/encoding-choice.js';
import { checkHeaders, ownHeaders } from './service/headers.js';
import { resolveInspect, type InspectOption, type Inspection } from './service/inspect-option.js';
import { realEnvironment, type Environment } from './machines/environment.js';
import type { QueueStateNews } from './service/queue-states.js';
import type { HubSettings } from './tokenizer/tokenizer-source.js';
import { invalid, TinkerError } from './types/errors.js';
import type { UserMetadata } from './types/ids.js';

/** Settings of a {@link ServiceClient}. Everything has a default, or comes from the environment. */
export interface ServiceClientOptions {
  /** Credential; default `TINKER_API_KEY`. Never appears in errors, logs or inspection events. */
  readonly apiKey?: string | undefined;
  /**
   * Shell command that prints a credential, for where there is no API key or the server wants it; run
   * within 30 s, default `TINKER_CREDENTIAL_CMD`. What it prints never appears anywhere (wire protocol §1.3).
   */
  readonly credentialCommand?: string | undefined;
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
  /**
   * Sends every request in place of our own connections, which go through undici: for a proxy, for tests,
   * for an agent of your own. Default: none; archives and tokenizers come through the global `fetch`.
   */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /**
   * Who looks at this service while it runs: the `inspect` of `startInspector`, `{ file }` for a recording, any other
   * watcher, any xstate inspection observer or function, or an array of these. `TINKERJS_INSPECT=1` adds the inspector,
   * `TINKERJS_INSPECT_FILE` a recording. Default none, which costs nothing.
   */
  readonly inspect?: InspectOption | undefined;
  /**
   * Folder for the journals of training clients, one file each, made where there is none; default `TINKERJS_JOURNAL`, else
   * none are kept. Whatever a client sends is written there first, so that `resumeTrainingClient` can go on after the process
   * was killed. It holds no tensors and no credentials.
   */
  readonly journal?: string | undefined;
  /** Told of every rejected operation that nobody awaits, once; default: a line on the console. */
  readonly onError?: ((error: TinkerError) => void) | undefined;
  /** Told once when the session has been silent for two minutes, and again after it recovered; default: a line on the console. */
  readonly onSessionAtRisk?: ((risk: SessionRisk) => void) | undefined;
  /** Told when the server does not know the session any more; default: `onError` is. */
  readonly onSessionLost?: ((error: TinkerError) => void) | undefined;
  /** Told when the server lets an operation wait; default: a line on the console, at most one a minute for each client. */
  readonly onQueueState?: ((news: QueueStateNews) => void) | undefined;
  /**
   * How passes are written: `protobuf`, or `json` for self-hosted servers that read nothing else. Default
   * `auto`: protobuf, and JSON where a server other than the Tinker cloud refuses the first pass and takes
   * it in JSON (wire protocol §9.9, Appendix C).
   */
  readonly encoding?: EncodingOption | undefined;
  /** Milliseconds for one attempt of a request; default 60,000. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds for all attempts of one request together; default 300,000 (wire protocol §3.6). */
  readonly requestDeadlineMs?: number | undefined;
  /** Milliseconds for which polls may go unanswered without a break; default 3,600,000. */
  readonly unreachableDeadlineMs?: number | undefined;
  /**
   * Whether the server is told of failures and of the session's begin and end; default `TINKER_TELEMETRY`
   * (`1`, `true`, `yes` or `on`), else false. The Python SDK sends telemetry unless it is turned off.
   */
  readonly telemetry?: boolean | undefined;
  /** Time, chance and ids; replaced in tests and simulations. */
  readonly environment?: Environment | undefined;
}

/** A session that the server has not answered for. */
export interface SessionRisk {
  /** The session's id on the server. */
  readonly sessionId: string;
  /** Milliseconds since the last successful heartbeat; servers end a session after about 300,000. */
  readonly silentMs: number;
}

/** Options with every default filled in. */
export interface ServiceConfig {
  /** Undefined where the command is the only credential. */
  readonly apiKey: string | undefined;
  readonly credentialCommand: string | undefined;
  readonly baseUrl: string;
  readonly userMetadata: UserMetadata;
  readonly projectId: string | undefined;
  readonly tags: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly transport: Transport;
  /** For what other hosts hold: archives, tokenizers. */
  readonly fetch: typeof globalThis.fetch;
  readonly inspection: Inspection;
  /** Undefined where no journals are kept. */
  readonly journal: string | undefined;
  readonly onError: (error: TinkerError) => void;
  readonly onSessionAtRisk: (risk: SessionRisk) => void;
  readonly onSessionLost: (error: TinkerError) => void;
  /** Undefined: lines on the console. */
  readonly onQueueState: ((news: QueueStateNews) => void) | undefined;
  readonly encoding: EncodingOption;
  readonly timeoutMs: number;
  readonly requestDeadlineMs: number;
  readonly unreachableDeadlineMs: number;
  readonly telemetry: boolean;
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
  const credentialCommand = checkSecret('credentialCommand', options.credentialCommand) ?? (env['TINKER_CREDENTIAL_CMD'] || undefined);
  const fetch = checkFunction('fetch', options.fetch);
  const onError = guardedOnError(checkFunction('onError', options.onError) ?? reportOnConsole);
  return {
    apiKey: resolveApiKey(options.apiKey, env, baseUrl, credentialCommand !== undefined),
    credentialCommand,
    baseUrl,
    userMetadata: checkMetadata('userMetadata', options.userMetadata) ?? {},
    projectId: checkText('projectId', options.projectId) ?? (env['TINKER_PROJECT_ID'] || undefined),
    tags: resolveTags(options.tags, env),
    headers: { ...ownHeaders(env), ...checkHeaders(options.defaultHeaders) },
    fetch: fetch ?? ((...request) => globalThis.fetch(...request)),
    transport: fetch === undefined ? new UndiciTransport() : fetchTransport(fetch),
    inspection: resolveInspect(options.inspect, env),
    journal: checkText('journal', options.journal) ?? (env['TINKERJS_JOURNAL'] || undefined),
    onError,
    onSessionAtRisk: guarded('onSessionAtRisk', checkFunction('onSessionAtRisk', options.onSessionAtRisk)) ?? warnOfRisk,
    onSessionLost: guarded('onSessionLost', checkFunction('onSessionLost', options.onSessionLost)) ?? onError,
    onQueueState: guarded('onQueueState', checkFunction('onQueueState', options.onQueueState)),
    encoding: checkEncoding(options.encoding),
    timeoutMs: checkMs('timeoutMs', options.timeoutMs, 60_000),
    requestDeadlineMs: checkMs('requestDeadlineMs', options.requestDeadlineMs, 300_000),
    unreachableDeadlineMs: checkMs('unreachableDeadlineMs', options.unreachableDeadlineMs, 3_600_000),
    telemetry: checkFlag('telemetry', options.telemetry, /^(1|true|yes|on)$/i.test(env['TINKER_TELEMETRY'] ?? '')),
    environment: checkEnvironment(options.environment) ?? realEnvironment,
  };
}

const optionNames: readonly (keyof ServiceClientOptions)[] = [
  'apiKey',
  'credentialCommand',
  'baseUrl',
  'userMetadata',
  'projectId',
  'tags',
  'defaultHeaders',
  'fetch',
  'inspect',
  'journal',
  'onError',
  'onSessionAtRisk',
  'onSessionLost',
  'onQueueState',
  'encoding',
  'timeoutMs',
  'requestDeadlineMs',
  'unreachableDeadlineMs',
  'telemetry',
  'environment',
];

function resolveBaseUrl(given: string | undefined, env: ProcessEnvironment): string {
  return given === undefined ? checkUrl('TINKER_BASE_URL', env['TINKER_BASE_URL'] || cloudUrl) : checkUrl('baseUrl', given);
}

/** Gives the URL without a slash at its end. */
function checkUrl(field: string, value: string): string {
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

function resolveApiKey(given: string | undefined, env: ProcessEnvironment, baseUrl: string, hasCommand: boolean): string | undefined {
  const [field, value] = given === undefined ? ['TINKER_API_KEY', env['TINKER_API_KEY'] ?? ''] : ['apiKey', given];
  const wrong = whatIsWrong(value, baseUrl);
  if (wrong === undefined) return value;
  // The command stands in for what the environment lacks, not for what the caller means.
  if (hasCommand && given === undefined) return undefined;
  throw refusedKey(field, wrong);
}

function whatIsWrong(key: unknown, baseUrl: string): string | undefined {
  if (typeof key !== 'string' || key === '') {
    return 'no API key is given: pass the apiKey option or set TINKER_API_KEY, or name a credentialCommand';
  }
  if (!/^[\x21-\x7e]+$/.test(key)) return 'the API key holds characters that no key has (spaces or non-ASCII)';
  if (baseUrl === cloudUrl && !key.startsWith('tml-') && !key.startsWith('eyJ')) return 'an API key of the Tinker cloud starts with "tml-"';
  return undefined;
}

/**
 * Where tokenizers are looked for (wire protocol §6.9): the options, else `HF_ENDPOINT` and `HF_TOKEN`.
 * @throws TinkerError `validation` naming the option or the variable; the token is never shown
 */
export function hubSettings(
  options: { readonly hubUrl?: string | undefined; readonly token?: string | undefined },
  env: ProcessEnvironment = process.env,
): HubSettings {
  const [urlField, hubUrl] = options.hubUrl === undefined ? ['HF_ENDPOINT', env['HF_ENDPOINT'] || 'https://huggingface.co'] : ['hubUrl', options.hubUrl];
  const [tokenField, token] = options.token === undefined ? ['HF_TOKEN', env['HF_TOKEN'] || undefined] : ['token', options.token];
  if (token !== undefined && (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))) {
    throw refusedKey(tokenField, 'expected a token of printable characters without spaces');
  }
  return { hubUrl: checkUrl(urlField, hubUrl), hubToken: token };
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

function reportOnConsole(error: TinkerError): void {
  console.error(`tinkerjs: an operation failed and nobody awaited it: ${error.message}`);
}

function warnOfRisk({ sessionId, silentMs }: SessionRisk): void {
  console.warn(`tinkerjs: no heartbeat of session ${sessionId} has succeeded for ${Math.round(silentMs / 1000)} s. Is the server reachable?`);
}
