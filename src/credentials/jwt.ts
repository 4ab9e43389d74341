import { parseJson } from '../api/failure.js';
import { isRecord } from '../types/check.js';

/** What is read of a token; its signature is the server's business (wire protocol §1.3). */
export interface JwtClaims {
  /** Unix seconds. */
  readonly exp: number | undefined;
  readonly sub: string | undefined;
  readonly email: string | undefined;
  readonly iss: string | undefined;
}

/** The claims of a token; all undefined where it cannot be read. */
export function readClaims(token: string): JwtClaims {
  const parsed = parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  const { exp, sub, email, iss } = isRecord(parsed) ? parsed : {};
  const text = (claim: unknown) => (typeof claim === 'string' && claim !== '' ? claim : undefined);
  return { exp: typeof exp === 'number' && Number.isFinite(exp) ? exp : undefined, sub: text(sub), email: text(email), iss: text(iss) };
}
