import * as E from 'fp-ts/lib/Either.js';
import type { CredentialSource } from '../api/credential-source.js';
import type { Secrets } from '../api/secrets.js';
import { runCredentialCommand } from './credential-command.js';
import { readClaims, type JwtClaims } from './jwt.js';
import type { Environment } from '../machines/environment.js';
import { TokenKeeper } from './token-keeper.js';
import type { AttemptFailure } from '../types/attempt.js';
import { TinkerError, toTinkerError } from '../types/errors.js';
import type { ClientConfig } from '../types/service.js';

/** What an account says who it is. */
export interface CredentialOptions {
  readonly apiKey: string | undefined;
  readonly credentialCommand: string | undefined;
}

/** What credentials need of their service. */
export interface CredentialsHost extends CredentialOptions {
  readonly environment: Environment;
  /** Learns every credential that is used. */
  readonly secrets: Secrets;
  /** Exchanges a credential for a token; `isFirst` may take longer than a refresh. */
  readonly exchange: (credential: string, isFirst: boolean) => Promise<string>;
  readonly warn: (text: string) => void;
}

/** Whom the server takes the caller for. */
export interface Identity {
  /** The account's name, as the token's claim `sub` has it (wire protocol §1.3). */
  readonly userUrn: string;
  /** Undefined where the token names none. */
  readonly email: string | undefined;
}

/**
 * What requests of one account carry: the API key, or what the credential command prints, or, where the
 * server wants it, a token that is got for it (wire protocol §1.3).
 */
export class Credentials implements CredentialSource {
  readonly secrets: Secrets;
  readonly #host: CredentialsHost;
  readonly #over = new AbortController();
  #printed: Promise<string> | undefined;
  #tokens: TokenKeeper | undefined;

  constructor(host: CredentialsHost) {
    this.#host = host;
    this.secrets = host.secrets;
    if (host.apiKey !== undefined) this.secrets.add(host.apiKey, 'API key');
  }

  readonly current = async (): Promise<E.Either<AttemptFailure, string>> => {
    try {
      return E.right(await (this.#tokens?.current() ?? this.#plain()));
    } catch (thrown) {
      return E.left({ error: toTinkerError(thrown), verdict: 'definite', mayBeTaken: false, retryAfterMs: undefined, body: '' });
    }
  };

  readonly renewed = (refused: string, failure: AttemptFailure): Promise<E.Either<AttemptFailure, string>> =>
    this.#tokens?.renewed(refused, failure) ?? Promise.resolve(E.left(failure));

  /**
   * Does what the server's settings ask for: from then on requests carry a token, or do not.
   * @throws TinkerError when the first token is not to be had
   */
  async use(server: Pick<ClientConfig, 'pjwtAuthEnabled' | 'credentialDefaultSource'>): Promise<void> {
    if (!server.pjwtAuthEnabled) return;
    const { environment, exchange, warn } = this.#host;
    const tokens = new TokenKeeper({
      environment,
      warn,
      exchange: async (isFirst) => {
        const token = await exchange(await this.#exchanged(server.credentialDefaultSource), isFirst);
        this.secrets.addToken(token);
        return token;
      },
    });
    await tokens.start();
    this.#tokens = tokens;
    // It may have been stopped in the meantime.
    if (this.#over.signal.aborted) this.stop();
  }

  /**
   * Whom the server takes the caller for, by the token in use.
   * @throws TinkerError `validation` where no token says so
   */
  identity(): Identity {
    const { sub, email } = this.#claims() ?? {};
    if (sub === undefined) {
      throw new TinkerError(
        'validation',
        'whoami: nothing says who you are: this server takes the API key itself, and only a token that a key is exchanged for names its user',
        { field: 'apiKey' },
      );
    }
    return { userUrn: sub, email };
  }

  /** Renews nothing any more, and ends a command that is running. */
  stop(): void {
    this.#over.abort();
    this.#tokens?.stop();
  }

  #claims(): JwtClaims | undefined {
    if (this.#tokens !== undefined) return this.#tokens.claims;
    const claims = readClaims(this.#host.apiKey ?? '');
    return claims.iss?.startsWith('passport-') === true ? claims : undefined;
  }

  /** The credential before, or without, any token. */
  #plain(): Promise<string> {
    const { apiKey } = this.#host;
    if (apiKey !== undefined) return Promise.resolve(apiKey);
    this.#printed ??= this.#printOnce();
    return this.#printed;
  }

  async #printOnce(): Promise<string> {
    try {
      return await this.#print();
    } catch (thrown) {
      this.#printed = undefined;
      throw thrown;
    }
  }

  /** The credential that is exchanged; a command is run anew each time. */
  #exchanged(source: string): Promise<string> {
    const { apiKey } = this.#host;
    const wantsCommand = source === 'credential_cmd' && apiKey?.startsWith('eyJ') !== true;
    return apiKey === undefined || wantsCommand ? this.#print() : Promise.resolve(apiKey);
  }

  async #print(): Promise<string> {
    const { credentialCommand, environment } = this.#host;
    if (credentialCommand === undefined) {
      throw new TinkerError(
        'validation',
        'credentialCommand: this server wants the credential that a command prints: set the option or TINKER_CREDENTIAL_CMD',
        { field: 'credentialCommand' },
      );
    }
    const printed = await runCredentialCommand(credentialCommand, environment.clock, this.#over.signal);
    this.secrets.add(printed, 'credential');
    return printed;
  }
}
