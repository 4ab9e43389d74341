import { dynamicConfig } from '../api/service.js';
import type { Clock } from '../machines/environment.js';
import type { RequestLimits } from '../machines/request-messages.js';
import type { StartUp } from './start-up.js';
import { toTinkerError } from '../types/errors.js';
import type { DynamicConfig } from '../types/service.js';

const shortestMs = 10_000;
// Node runs a timer of more than 24 days at once.
const longestMs = 86_400_000;
const oneAttempt: RequestLimits = { attemptTimeoutMs: dynamicConfig.timeoutMs, deadlineMs: 0, billingDeadlineMs: 0 };

/** Asks for the settings that may change, again and again while the session lives (wire protocol §2.1). */
export class SettingsRefresh {
  readonly #clock: Clock;
  readonly #startUp: StartUp;
  readonly #ask: (limits: RequestLimits) => Promise<DynamicConfig>;
  #timer: unknown;
  #isOn = false;

  constructor(clock: Clock, startUp: StartUp, ask: (limits: RequestLimits) => Promise<DynamicConfig>) {
    this.#clock = clock;
    this.#startUp = startUp;
    this.#ask = ask;
  }

  start(): void {
    this.#isOn = true;
    this.#wait();
  }

  stop(): void {
    this.#isOn = false;
    this.#clock.clearTimeout(this.#timer);
  }

  /** A server without such settings is not asked again. */
  #wait(): void {
    const { dynamicConfig: settings } = this.#startUp;
    if (!this.#isOn || settings === undefined) return;
    const pauseMs = Math.min(longestMs, Math.max(settings.refreshIntervalSec * 1000, shortestMs));
    this.#timer = this.#clock.setTimeout(() => void this.#refresh(), pauseMs);
  }

  async #refresh(): Promise<void> {
    try {
      this.#startUp.dynamicConfig = await this.#ask(oneAttempt);
    } catch (thrown) {
      // The last good settings hold.
      if (toTinkerError(thrown).status === 404) return;
    }
    this.#wait();
  }
}
