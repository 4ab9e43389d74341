import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { invalid, TinkerError } from '../../types/errors.js';
import type { ClientConfig } from '../../types/service.js';
import { isLoopback } from '../loopback.js';
import { resolveClientConfig, resolveJwtAuth, type ClientSettings, type JwtAuth } from './options-client.js';

/** Settings of a local server; every one has a default. */
export interface LocalServerOptions {
  /** TCP port; 0 takes any free one. Default 0. */
  readonly port?: number | undefined;
  /**
   * Address to listen on. Default `127.0.0.1`: this machine only. Any other than that, `::1` and `localhost` is
   * reached by others, and wants an `apiKey` of at least 20 characters.
   */
  readonly host?: string | undefined;
  /**
   * Names under which a server that listens on this machine only is reached through a proxy, without a port. It answers
   * to addresses and `localhost` anyway, and to no other name: a web page could make its own name lead here. Default none.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Folder for checkpoints, runs and sessions; made when missing. Default `~/.tinkerjs/server`. */
  readonly dataDir?: string | undefined;
  /**
   * The key that clients must send; starts with `tml-`. By default one is made up on the first start
   * and kept in the data folder, so that it stays the same over restarts.
   */
  readonly apiKey?: string | undefined;
  /** Copies the hosted service's rule that a load must be a model's first request. Default false. */
  readonly strict?: boolean | undefined;
  /** Opens fault injection and the execution ledger over HTTP. Default false. */
  readonly faults?: boolean | undefined;
  /** Tells clients to create a model from a checkpoint in one request (wire protocol §2.5). Default false. */
  readonly createModelViaLoadWeights?: boolean | undefined;
  /**
   * What clients are told at their start (wire protocol §2.1), by camelCase names; what is left out keeps
   * the protocol's default, but `usePyqwestTransport` is false: the Python client then speaks plain HTTP/1.1.
   */
  readonly clientConfig?: ClientSettings | undefined;
  /** Seconds after which clients ask for their settings again. Default 300; clients take at least 10. */
  readonly configRefreshSeconds?: number | undefined;
  /**
   * Clients exchange the key for a short-lived token, and everything but that takes tokens only (wire
   * protocol §1.3). `true` stands for `{ lifetimeSeconds: 3600 }`. Default false.
   */
  readonly jwtAuth?: boolean | JwtAuth | undefined;
  /** Takes and answers passes in JSON only, as servers did before protobuf (wire protocol, Appendix C). Default false. */
  readonly jsonOnly?: boolean | undefined;
  /** Milliseconds for which a missing `seq_id` is waited for before it is skipped. Default 30,000. */
  readonly missingSeqTimeoutMs?: number | undefined;
  /** Milliseconds for which a poll is held open; below 45,000, when clients give up. Default 30,000. */
  readonly pollHoldMs?: number | undefined;
  /** Milliseconds without a heartbeat after which a session ends and its models are unloaded. Default 300,000. */
  readonly sessionTimeoutMs?: number | undefined;
  /** Milliseconds for which a result can be read again after it was read. Default 600,000. */
  readonly futureRetentionMs?: number | undefined;
  /** Results above this size are announced before they are sent. In bytes, default 8,388,608. */
  readonly largeResultBytes?: number | undefined;
  /** Largest request body taken. In bytes, default 268,435,456. */
  readonly maxBodyBytes?: number | undefined;
  /** Told what the server has to say: skipped numbers, ended sessions, unexpected errors. Default silent. */
  readonly log?: ((line: string) => void) | undefined;
  /** Also reports every request to `log`. Default false. */
  readonly verbose?: boolean | undefined;
}

/** The settings with every default filled in. */
export type ResolvedServerOptions = {
  readonly [K in keyof Omit<LocalServerOptions, 'apiKey' | 'clientConfig' | 'jwtAuth'>]-?: Exclude<LocalServerOptions[K], undefined>;
} & { readonly apiKey: string | undefined; readonly clientConfig: ClientConfig; readonly jwtAuth: JwtAuth | undefined };

const longestTimerMs = 2_147_483_647;

/**
 * Fills in the defaults.
 * @throws TinkerError `validation` naming the option, what was given and what is allowed
 */
export function resolveServerOptions(options: LocalServerOptions): ResolvedServerOptions {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalid('options', given, 'an object with settings of the server, or nothing');
  }
  const createModelViaLoadWeights = flag('createModelViaLoadWeights', options.createModelViaLoadWeights);
  const jwtAuth = resolveJwtAuth(options.jwtAuth);
  const host = text('host', options.host, '127.0.0.1');
  const resolved: ResolvedServerOptions = {
    port: whole('port', options.port, 0, 0, 65_535),
    host,
    allowedHosts: names(options.allowedHosts),
    dataDir: resolve(text('dataDir', options.dataDir, join(homedir(), '.tinkerjs', 'server'))),
    apiKey: apiKey(options.apiKey, host),
    strict: flag('strict', options.strict),
    faults: flag('faults', options.faults),
    createModelViaLoadWeights,
    clientConfig: resolveClientConfig(options.clientConfig, {
      createModelViaLoadWeights,
      usePyqwestTransport: false,
      pjwtAuthEnabled: jwtAuth !== undefined,
    }),
    configRefreshSeconds: whole('configRefreshSeconds', options.configRefreshSeconds, 300, 1, 86_400),
    jwtAuth,
    jsonOnly: flag('jsonOnly', options.jsonOnly),
    missingSeqTimeoutMs: whole('missingSeqTimeoutMs', options.missingSeqTimeoutMs, 30_000, 1, longestTimerMs),
    pollHoldMs: whole('pollHoldMs', options.pollHoldMs, 30_000, 1, 44_000),
    sessionTimeoutMs: whole('sessionTimeoutMs', options.sessionTimeoutMs, 300_000, 1, longestTimerMs),
    futureRetentionMs: whole('futureRetentionMs', options.futureRetentionMs, 600_000, 0, longestTimerMs),
    largeResultBytes: whole('largeResultBytes', options.largeResultBytes, 8 * 1024 * 1024, 1, Number.MAX_SAFE_INTEGER),
    maxBodyBytes: whole('maxBodyBytes', options.maxBodyBytes, 256 * 1024 * 1024, 1024, 512 * 1024 * 1024),
    log: listener(options.log),
    verbose: flag('verbose', options.verbose),
  };
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(resolved, name));
  if (unknown === undefined) return resolved;
  // The value is left out on purpose: a misspelt name may hold the key.
  const known = Object.keys(resolved).join(', ');
  throw new TinkerError('validation', `${unknown}: is not an option of the local server; its options are ${known}.`, { field: unknown });
}

function whole(field: string, given: unknown, fallback: number, least: number, most: number): number {
  if (given === undefined) return fallback;
  if (typeof given === 'number' && Number.isSafeInteger(given) && given >= least && given <= most) return given;
  throw invalid(field, given, `a whole number from ${least} to ${most}`);
}

function flag(field: string, given: unknown): boolean {
  if (given === undefined) return false;
  if (typeof given === 'boolean') return given;
  throw invalid(field, given, 'true or false');
}

function listener(given: LocalServerOptions['log']): (line: string) => void {
  if (given === undefined) return () => undefined;
  if (typeof given === 'function') return given;
  throw invalid('log', given, 'a function that takes a line of text');
}

function text(field: string, given: unknown, fallback: string): string {
  if (given === undefined) return fallback;
  if (typeof given === 'string' && given.trim() !== '') return given;
  throw invalid(field, given, 'a text that is not empty');
}

function names(given: unknown): readonly string[] {
  if (given === undefined) return [];
  const isName = (name: unknown): name is string => typeof name === 'string' && /^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/.test(name);
  if (Array.isArray(given) && given.every(isName)) return given;
  throw invalid('allowedHosts', given, 'an array of host names without ports');
}

const shortestOpenKey = 20;

function apiKey(given: unknown, host: string): string | undefined {
  const where = isLoopback(host) ? undefined : `the server listens on ${host}, where others reach it`;
  if (given === undefined) {
    if (where === undefined) return undefined;
    throw new TinkerError('validation', `apiKey: none is given, and ${where}. Give a key of your own, or listen on 127.0.0.1.`, { field: 'apiKey' });
  }
  // The value is left out on purpose: it is a secret, even when it is a wrong one.
  if (typeof given !== 'string' || !/^tml-[!-~]+$/.test(given)) {
    throw new TinkerError('validation', 'apiKey: expected a key that starts with "tml-", followed by printable characters without spaces.', {
      field: 'apiKey',
    });
  }
  if (where !== undefined && given.length < shortestOpenKey) {
    throw new TinkerError('validation', `apiKey: too short to withstand guessing, and ${where}. Expected at least ${shortestOpenKey} characters that nobody guesses.`, {
      field: 'apiKey',
    });
  }
  return given;
}
