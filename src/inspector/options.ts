import { invalid, TinkerError } from '../types/errors.js';

/** Settings of an inspector; every one has a default. */
export interface InspectorOptions extends PageOptions {
  /**
   * Whether people at the page may pause and resume training clients, decide on wedged operations and save
   * checkpoints. Needs the token of the address that is printed. Default false.
   */
  readonly control?: boolean | undefined;
}

/** Settings of a page, whatever it shows. */
export interface PageOptions {
  /**
   * TCP port; 0 takes any free one. Default 8472, or any free one where that is taken; a port that is given and taken is
   * an error.
   */
  readonly port?: number | undefined;
  /** Address to listen on, `127.0.0.1` or `::1`: only this machine can reach it. Default `127.0.0.1`. */
  readonly host?: string | undefined;
  /**
   * Most that is kept of the past, in bytes of JSON; beyond that the oldest is let go, and the page says so.
   * Default 6 MiB, about 15,000 operations, for a recording 256 MiB.
   */
  readonly maxBytes?: number | undefined;
  /** Told the address of the page, in one line; with `control` it holds the token. Default: a line on stderr. */
  readonly log?: ((line: string) => void) | undefined;
}

/** The settings with every default filled in. */
export interface ResolvedOptions {
  /** Undefined for the default one, or any free one where it is taken. */
  readonly port: number | undefined;
  readonly host: string;
  readonly control: boolean;
  readonly maxBytes: number;
  readonly log: (line: string) => void;
}

const mebibyte = 1024 * 1024;
const pageNames = ['port', 'host', 'maxBytes', 'log'];

/**
 * Fills in the defaults of an inspector.
 * @throws TinkerError `validation` naming the option, what was given and what is allowed
 */
export function resolveInspectorOptions(options: InspectorOptions): ResolvedOptions {
  checkNames(options, [...pageNames, 'control'], 'inspector');
  return { ...resolvePage(options, 6 * mebibyte), control: flag('control', options.control) };
}

/**
 * Fills in the defaults of a recording's page.
 * @throws TinkerError `validation` naming the option, what was given and what is allowed
 */
export function resolveRecordingOptions(options: PageOptions): ResolvedOptions {
  checkNames(options, pageNames, 'recording');
  return { ...resolvePage(options, 256 * mebibyte), control: false };
}

function resolvePage(options: PageOptions, maxBytes: number): Omit<ResolvedOptions, 'control'> {
  return {
    port: options.port === undefined ? undefined : whole('port', options.port, 0, 65_535),
    host: loopback(options.host),
    maxBytes: options.maxBytes === undefined ? maxBytes : whole('maxBytes', options.maxBytes, 64 * 1024, 1024 * mebibyte),
    log: listener(options.log),
  };
}

function checkNames(given: unknown, known: readonly string[], owner: string): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalid('options', given, `an object with settings of the ${owner}, or nothing`);
  }
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new TinkerError('validation', `${unknown}: is not an option of the ${owner}; its options are ${known.join(', ')}.`, { field: unknown });
}

function whole(field: string, given: unknown, least: number, most: number): number {
  if (typeof given === 'number' && Number.isSafeInteger(given) && given >= least && given <= most) return given;
  throw invalid(field, given, `a whole number from ${least} to ${most}`);
}

function loopback(given: unknown): string {
  if (given === undefined) return '127.0.0.1';
  if (given === '127.0.0.1' || given === '::1') return given;
  throw invalid('host', given, '"127.0.0.1" or "::1": to see the page from another machine, use a tunnel such as ssh -L 8472:127.0.0.1:8472 HOST');
}

function flag(field: string, given: unknown): boolean {
  if (given === undefined) return false;
  if (typeof given === 'boolean') return given;
  throw invalid(field, given, 'true or false');
}

function listener(given: PageOptions['log']): (line: string) => void {
  if (given === undefined) return (line) => console.error(line);
  if (typeof given === 'function') return given;
  throw invalid('log', given, 'a function that takes a line of text');
}
