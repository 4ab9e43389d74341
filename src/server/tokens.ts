import { sign, verify } from 'hono/jwt';
import * as t from 'io-ts';
import type { Clock } from './clock.js';

/** Whoever has the key is this one user, and owns everything on this server. */
export const localUser = 'urn:tinkerjs:user:local';

/** What that user belongs to; newer official clients look for it in tokens. */
const localOrganization = 'local';

/** Short-lived tokens in place of the key (wire protocol §1.3). */
export interface TokenIssuer {
  /** A new token. */
  issue(): Promise<string>;
  /** What a token is worth now. */
  check(token: string): Promise<'valid' | 'expired' | 'forged'>;
}

const Claims = t.type({ exp: t.number });
const algorithm = 'HS256';
const issuer = 'tinkerjs';

/**
 * Issues JWTs that are signed with `secret`.
 * @param lifetimeSeconds time from issue to expiry
 */
export function tokenIssuer(clock: Clock, secret: string, lifetimeSeconds: number): TokenIssuer {
  const nowSeconds = (): number => Math.floor(clock.now() / 1000);
  return {
    issue: async () => await sign({ sub: localUser, org_id: localOrganization, email: '', iss: issuer, exp: nowSeconds() + lifetimeSeconds }, secret, algorithm),
    check: async (token) => {
      // The expiry is compared here, with the server's own clock.
      const claims: unknown = await verify(token, secret, { alg: algorithm, iss: issuer, exp: false, nbf: false, iat: false }).catch(() => undefined);
      if (!Claims.is(claims)) return 'forged';
      return claims.exp > nowSeconds() ? 'valid' : 'expired';
    },
  };
}
