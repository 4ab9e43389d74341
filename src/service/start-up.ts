import type { Credentials } from '../credentials/credentials.js';
import { clientConfig, dynamicConfig } from '../api/service.js';
import type { Route } from '../api/route.js';
import { toTinkerError } from '../types/errors.js';
import { defaultClientConfig, type ClientConfig, type DynamicConfig } from '../types/service.js';
import { protocolVersion } from '../types/version.js';

/** Sends a request until it is answered definitely, without any start-up. */
export type Ask = <I, O>(kind: string, route: Route<I, O>, input: I) => Promise<O>;

/**
 * What comes before every other request of an account, once: the server's settings, the token where it
 * wants one, and the settings that may change (wire protocol §1.13).
 */
export class StartUp {
  serverConfig: ClientConfig = defaultClientConfig;
  /** Undefined where the server has none, or before it was asked. */
  dynamicConfig: DynamicConfig | undefined;
  readonly #ask: Ask;
  readonly #credentials: Credentials;
  readonly #onSettings: (server: ClientConfig) => void;
  #begun: Promise<void> | undefined;

  constructor(ask: Ask, credentials: Credentials, onSettings: (server: ClientConfig) => void) {
    this.#ask = ask;
    this.#onSettings = onSettings;
    this.#credentials = credentials;
  }

  /** Once for everybody; tried again when asked again after it failed. */
  done(): Promise<void> {
    this.#begun ??= this.#run();
    return this.#begun;
  }

  async #run(): Promise<void> {
    try {
      const input = { sdkVersion: protocolVersion };
      this.serverConfig = (await unlessUnknown(this.#ask('clientConfig', clientConfig, input))) ?? defaultClientConfig;
      this.#onSettings(this.serverConfig);
      await this.#credentials.use(this.serverConfig);
      this.dynamicConfig = await unlessUnknown(this.#ask('dynamicConfig', dynamicConfig, input));
    } catch (thrown) {
      this.#begun = undefined;
      throw thrown;
    }
  }
}

/** Older self-hosted servers have no settings to give: the defaults apply. */
async function unlessUnknown<A>(answer: Promise<A>): Promise<A | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    if (toTinkerError(thrown).status === 404) return undefined;
    throw thrown;
  }
}
