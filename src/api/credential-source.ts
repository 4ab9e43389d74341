import * as E from 'fp-ts/lib/Either.js';
import type { AttemptFailure } from '../types/attempt.js';
import { Secrets } from './secrets.js';

/** Where requests get the credential that they carry (wire protocol §1.3). */
export interface CredentialSource {
  /** The credential of this moment; where there is none, nothing is sent. */
  readonly current: () => Promise<E.Either<AttemptFailure, string>>;
  /** After the server refused one with 401: another one to try, or what the refusal means for the request. */
  readonly renewed: (refused: string, failure: AttemptFailure) => Promise<E.Either<AttemptFailure, string>>;
  /** Every credential that was in use. */
  readonly secrets: Secrets;
}

/** One credential for everything. */
export function fixedCredential(credential: string, name = 'API key'): CredentialSource {
  const secrets = new Secrets();
  secrets.add(credential, name);
  return {
    current: () => Promise.resolve(E.right(credential)),
    renewed: (_, failure) => Promise.resolve(E.left(failure)),
    secrets,
  };
}
