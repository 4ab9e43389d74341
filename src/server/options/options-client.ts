import { isRecord } from '../../types/check.js';
import { invalid, messageOf, TinkerError } from '../../types/errors.js';
import { ClientConfig } from '../../types/service.js';

/** Settings for clients; whether tokens are used follows from `jwtAuth`. */
export type ClientSettings = Partial<Omit<ClientConfig, 'pjwtAuthEnabled'>>;

/** Lifetime of the tokens that clients get for their key. */
export interface JwtAuth {
  /** From issue to expiry; 1 to 31,536,000 (a year). */
  readonly lifetimeSeconds: number;
}

const defaultLifetimeSeconds = 3600;
const longestLifetimeSeconds = 31_536_000;

/**
 * What `client/config` answers: the protocol's defaults, changed by `fixed`, then by what was given.
 * @throws TinkerError `validation` naming the setting
 */
export function resolveClientConfig(given: unknown, fixed: Partial<ClientConfig>): ClientConfig {
  const defaults = ClientConfig.make(fixed);
  if (given === undefined) return defaults;
  if (!isRecord(given)) throw invalid('clientConfig', given, 'an object with settings for clients');
  const settable = Object.keys(defaults).filter((name) => name !== 'pjwtAuthEnabled');
  const unknown = Object.keys(given).find((name) => !settable.includes(name));
  if (unknown !== undefined) throw new TinkerError('validation', `clientConfig.${unknown}: is not a setting; the settings are ${settable.join(', ')}.`, { field: `clientConfig.${unknown}` });
  try {
    return ClientConfig.make({ ...defaults, ...given });
  } catch (thrown) {
    throw new TinkerError('validation', `clientConfig: ${messageOf(thrown)}`, { field: 'clientConfig', cause: thrown });
  }
}

/**
 * Whether and how clients get tokens for their key.
 * @throws TinkerError `validation` naming what is wrong
 */
export function resolveJwtAuth(given: unknown): JwtAuth | undefined {
  if (given === undefined || given === false) return undefined;
  if (given === true) return { lifetimeSeconds: defaultLifetimeSeconds };
  if (!isRecord(given)) throw invalid('jwtAuth', given, 'true, false, or an object with lifetimeSeconds');
  const { lifetimeSeconds } = given;
  if (typeof lifetimeSeconds !== 'number' || !Number.isInteger(lifetimeSeconds) || lifetimeSeconds < 1 || lifetimeSeconds > longestLifetimeSeconds) {
    throw invalid('jwtAuth.lifetimeSeconds', lifetimeSeconds, `a whole number from 1 to ${longestLifetimeSeconds}`);
  }
  return { lifetimeSeconds };
}
