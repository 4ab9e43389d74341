import * as E from 'fp-ts/lib/Either.js';
import { readClaims, type JwtClaims } from './jwt.js';
import type { Environment } from '../machines/environment.js';
import type { AttemptFailure } from '../types/attempt.js';
import { toTinkerError, type TinkerError } from '../types/errors.js';

/** What keeping a token needs. */
export interface TokenHost {
  readonly environment: Environment;
  /** Exchanges the credential for a token; `isFirst` may take longer than a refresh. */
  readonly exchange: (isFirst: boolean) => Promise<string>;
  readonly warn: (text: string) => void;
}

const refreshAheadMs = 300_000;
const refreshAtRequestMs = 60_000;
const backgroundPauseMs = 60_000;
const longestPauseMs = 86_400_000;
// Two exchanges are at least so far apart, however many requests ask for one.
const floorMs = 5_000;

/**
 * The short-lived token that requests carry (wire protocol §1.3): exchanged anew in the background five
 * minutes before it ends, and by requests in its last minute, by one for all of them.
 */
export class TokenKeeper {
  readonly #host: TokenHost;
  #token = '';
  #endsAt: number | undefined;
  #exchanging: Promise<TinkerError | undefined> | undefined;
  #exchangedAt = -Infinity;
  #failure: TinkerError | undefined;
  #timer: unknown;
  #isStopped = false;

  constructor(host: TokenHost) {
    this.#host = host;
  }

  get claims(): JwtClaims {
    return readClaims(this.#token);
  }

  /**
   * Gets the first token.
   * @throws TinkerError when the server does not give one
   */
  async start(): Promise<void> {
    this.#take(await this.#host.exchange(true));
    this.#refreshLater();
  }

  /** Starts no exchange any more. */
  stop(): void {
    this.#isStopped = true;
    this.#host.environment.clock.clearTimeout(this.#timer);
  }

  /** The token of this moment: a stale one, with a warning, where no fresh one is to be had. */
  async current(): Promise<string> {
    if (this.#leftMs() <= refreshAtRequestMs) await this.#refreshed();
    return this.#token;
  }

  /** A token other than the one that was refused, or what the refusal means. */
  async renewed(refused: string, failure: AttemptFailure): Promise<E.Either<AttemptFailure, string>> {
    const left = this.#token === refused ? await this.#refreshed() : undefined;
    if (this.#token !== refused) return E.right(this.#token);
    // The server of tokens is in trouble, not the request.
    return E.left(left?.retriable === true ? { ...failure, error: failure.error.with({ retriable: true }), verdict: 'transient' } : failure);
  }

  /** Exchanges once for everybody who asks meanwhile; gives what went wrong, if something did. */
  #refreshed(): Promise<TinkerError | undefined> {
    if (this.#isStopped || this.#host.environment.now() - this.#exchangedAt < floorMs) return Promise.resolve(this.#failure);
    this.#exchanging ??= this.#exchange();
    return this.#exchanging;
  }

  async #exchange(): Promise<TinkerError | undefined> {
    try {
      this.#take(await this.#host.exchange(false));
    } catch (thrown) {
      this.#failure = toTinkerError(thrown);
      this.#exchangedAt = this.#host.environment.now();
      if (!this.#isStopped) this.#host.warn(`the token for this server could not be renewed, the old one stays in use: ${this.#failure.message}`);
    }
    this.#exchanging = undefined;
    return this.#failure;
  }

  #take(token: string): void {
    const { environment } = this.#host;
    const { exp } = readClaims(token);
    this.#token = token;
    this.#exchangedAt = environment.now();
    this.#endsAt = exp === undefined ? undefined : environment.now() + exp * 1000 - (environment.wallNow ?? Date.now)();
    this.#failure = undefined;
  }

  /** 0 where nobody knows. */
  #leftMs(): number {
    return this.#endsAt === undefined ? 0 : this.#endsAt - this.#host.environment.now();
  }

  #refreshLater(): void {
    if (this.#isStopped) return;
    const { clock } = this.#host.environment;
    const pauseMs = Math.min(longestPauseMs, Math.max(backgroundPauseMs, this.#leftMs() - refreshAheadMs));
    this.#timer = clock.setTimeout(() => void this.#refreshInBackground(), pauseMs);
  }

  async #refreshInBackground(): Promise<void> {
    if (this.#leftMs() <= refreshAheadMs) await this.#refreshed();
    this.#refreshLater();
  }
}
